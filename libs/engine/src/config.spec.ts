import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { parseEngineConfig, readEngineConfig } from './config.ts';

test('a file in the form of daemon.json is read', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'daemon.json');
  await writeFile(path, JSON.stringify({ bip: '172.30.0.1/24', mtu: 1400, 'log-opts': { 'max-size': '10m' }, 'live-restore': true }));

  expect(await readEngineConfig(path)).toMatchObject({ bridgeAddress: '172.30.0.1/24', mtu: 1400, logOptions: { 'max-size': '10m' } });
});

test.each([
  [{ colour: 'red' }, 'daemon.json: unknown key "colour"'],
  [{ mtu: 'big' }, 'daemon.json: "mtu"'],
  [{ bip: '172.30.0.1' }, 'daemon.json: "bip": must be an address with a prefix length'],
  [{ 'live-restore': false }, 'is always on'],
  [{ 'userns-remap': true }, 'daemon.json: "userns-remap"'],
  [{ iptables: false }, 'daemon.json: "iptables": is always on'],
  [{ 'default-gateway': 'fd00::1' }, 'daemon.json: "default-gateway": '],
  [{ 'allow-direct-routing': true }, 'daemon.json: "allow-direct-routing": is always off'],
  [{ 'firewall-backend': 'iptables' }, 'daemon.json: "firewall-backend": is always nftables'],
  [{ 'userland-proxy-path': '/usr/bin/docker-proxy' }, 'daemon.json: "userland-proxy-path": is not supported: the engine itself'],
  [{ 'host-gateway-ips': ['10.0.0.1', '10.0.0.2'] }, 'daemon.json: "host-gateway-ips": must be at most one IPv4 and one IPv6 address'],
  [
    { 'host-gateway-ip': '10.0.0.1', 'host-gateway-ips': ['fd00::1'] },
    'daemon.json: "host-gateway-ip" and "host-gateway-ips" say the same',
  ],
  [{ bridge: 'none' }, 'daemon.json: "bridge": must be the name of a link'],
  [{ runtimes: { kata: { path: 'kata' } } }, 'daemon.json: "runtimes.kata.path": must be an absolute path'],
  [{ 'default-address-pools': [{ base: '10.0.0.0/8' }] }, 'daemon.json: "default-address-pools.0.size"'],
])('%j is refused and named', (value, message) => {
  expect(() => parseEngineConfig(value, 'daemon.json')).toThrow(message);
});

test.each([
  [{}, undefined],
  [{ 'host-gateway-ip': '10.0.0.1' }, ['10.0.0.1']],
  [{ 'host-gateway-ips': ['10.0.0.1', 'fd00::1'] }, ['10.0.0.1', 'fd00::1']],
])('of %j host-gateway is %j', (value, gateways) => {
  expect(parseEngineConfig(value, 'daemon.json').hostGateways).toEqual(gateways);
});

test('a file that is not JSON is named', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'daemon.json');
  await writeFile(path, '{');

  await expect(readEngineConfig(path)).rejects.toThrow(path);
});
