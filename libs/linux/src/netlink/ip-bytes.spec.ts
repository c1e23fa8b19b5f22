import { bytesToIp, ipToBytes } from './ip-bytes.ts';

test.each([
  ['172.17.0.1', [172, 17, 0, 1]],
  ['::', Array(16).fill(0)],
  ['::1', [...(Array(15).fill(0) as number[]), 1]],
  ['fd00:1::ff', [0xfd, 0, 0, 1, ...(Array(11).fill(0) as number[]), 0xff]],
  ['::ffff:1.2.3.4', [...(Array(10).fill(0) as number[]), 255, 255, 1, 2, 3, 4]],
])('%s has its bytes', (text, bytes) => {
  expect([...ipToBytes(text)]).toEqual(bytes);
});

test.each(['172.17.0.1', '::', '::1', 'fd00:1::ff', '2001:db8:1:2:3:4:5:6'])('%s comes back', (text) => {
  expect(bytesToIp(ipToBytes(text))).toBe(text);
});

test.each(['', 'x', '1.2.3', '1.2.3.256', '1::2::3', '12345::'])('%j is refused', (text) => {
  expect(() => ipToBytes(text)).toThrow(`not an IP address: ${text}`);
});
