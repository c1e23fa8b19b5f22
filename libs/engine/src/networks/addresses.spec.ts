import { AddressBook } from './address-book.ts';
import { chooseSubnet, defaultPools } from './address-pools.ts';
import { contains, formatSubnet, overlap, parseSubnet } from './subnet.ts';

test.each([
  ['172.17.5.4/16', '172.17.0.0/16'],
  ['10.0.0.1/32', '10.0.0.1/32'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['fd00:1::5/64', 'fd00:1::/64'],
])('the subnet of %s is %s', (text, whole) => {
  expect(formatSubnet(parseSubnet(text))).toBe(whole);
});

test.each(['', '10.0.0.0', '10.0.0.0/33', '10.0.0/8', 'fd00::/129', '10.0.0.0/8/8', 'x/8'])('%j is no subnet', (text) => {
  expect(() => parseSubnet(text)).toThrow(`invalid CIDR address: ${text}`);
});

test('ranges overlap where they share an address, and never across families', () => {
  expect(overlap(parseSubnet('10.0.0.0/8'), parseSubnet('10.9.0.0/16'))).toBe(true);
  expect(overlap(parseSubnet('10.0.0.0/16'), parseSubnet('10.1.0.0/16'))).toBe(false);
  expect(overlap(parseSubnet('0.0.0.0/0'), parseSubnet('::/0'))).toBe(false);
  expect(contains(parseSubnet('10.0.0.0/24'), '10.0.0.255')).toBe(true);
  expect(contains(parseSubnet('10.0.0.0/24'), '10.0.1.0')).toBe(false);
});

test('the first pool without overlap is taken, in the order of dockerd', () => {
  const taken = ['172.17.0.0/16', '172.18.4.0/24', '172.16.0.0/12'].map(parseSubnet);

  expect(formatSubnet(chooseSubnet('ipv4', defaultPools, []))).toBe('172.17.0.0/16');
  expect(formatSubnet(chooseSubnet('ipv4', defaultPools, taken.slice(0, 2)))).toBe('172.19.0.0/16');
  expect(formatSubnet(chooseSubnet('ipv4', defaultPools, taken))).toBe('192.168.0.0/20');
  expect(() => chooseSubnet('ipv4', [{ base: '10.0.0.0/24', size: 25 }], [parseSubnet('10.0.0.0/8')])).toThrow(
    /non-overlapping IPv4 address pool/,
  );
});

const small = { subnet: '10.0.0.0/29', gateway: '10.0.0.1', reserved: { printer: '10.0.0.3' } };

test('addresses are given in turn, without network, gateway, reserved and broadcast, until none is left', () => {
  const book = new AddressBook([small], 'front');
  const take = (): string => book.take('ipv4').address;

  expect([take(), take(), take()]).toEqual(['10.0.0.2', '10.0.0.4', '10.0.0.5']);
  book.release('10.0.0.2');
  expect(take()).toBe('10.0.0.6');
  expect(take()).toBe('10.0.0.2');
  expect(take).toThrow("no available IPv4 addresses on this network's address pools: front");
  expect(() => book.take('ipv6')).toThrow(/no available IPv6 addresses/);
});

test('a wanted address is given once and only from the network', () => {
  const book = new AddressBook([small], 'front');

  expect(book.take('ipv4', '10.0.0.5')).toEqual({ address: '10.0.0.5', prefixLength: 29, gateway: '10.0.0.1' });
  expect(() => book.take('ipv4', '10.0.0.5')).toThrow('Address already in use: 10.0.0.5 in network front');
  expect(() => book.take('ipv4', '10.0.0.7')).toThrow(/Address already in use/);
  expect(() => book.take('ipv4', '10.0.1.5')).toThrow(/10\.0\.1\.5: It does not belong/);
});

test('a range limits what is given, not what may be wanted', () => {
  const book = new AddressBook([{ subnet: '10.0.0.0/16', range: '10.0.5.0/30', gateway: '10.0.0.1', reserved: {} }], 'front');

  expect([book.take('ipv4'), book.take('ipv4')].map(({ address }) => address)).toEqual(['10.0.5.0', '10.0.5.1']);
  expect(book.take('ipv4', '10.0.9.9').address).toBe('10.0.9.9');
});

test('1,000 rounds of taking and releasing leave nothing in use', () => {
  const book = new AddressBook([{ subnet: '10.0.0.0/24', gateway: '10.0.0.1', reserved: {} }], 'front');
  const before = book.size;

  for (let round = 0; round < 1000; round++) book.release(book.take('ipv4').address);

  expect(book.size).toBe(before);
});
