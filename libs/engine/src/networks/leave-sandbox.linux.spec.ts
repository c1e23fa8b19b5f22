import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { closedAfterEach } from '@gantry/base/testing';
import { NetworkWorld } from './testing/network-world.ts';

const opened = closedAfterEach();
const signal = new AbortController().signal;

test('what could not be taken back is tried again, and until then nobody else has the address and no name leads to it', async () => {
  const world = opened.use(await NetworkWorld.open());
  const { networks } = world;
  const pools = [{ subnet: '10.230.1.0/29', reserved: {} }];
  const kind = { driver: 'bridge', isInternal: false, isAttachable: false, hasIpv6: false, labels: {}, options: {} };
  await networks.create({ ...kind, name: 'front', pools });
  const request = world.request('web', { networkMode: 'front' });
  const first = await networks.join(request, signal);
  const address = first.endpoints[0]?.ipv4?.address;
  const asking = await networks.join(world.request('asking', { networkMode: 'front' }), signal);
  const lookup = () => world.inside(asking.namespacePath ?? '', ['busybox', 'nslookup', 'web', '127.0.0.11']);
  expect((await lookup()).stdout).toContain(address);

  const record = join(world.root, 'run/sandboxes', `${request.container}.json`);
  execFileSync('chattr', ['+i', record]);
  opened.defer(() => {
    if (existsSync(record)) execFileSync('chattr', ['-i', record]);
  });
  await expect(networks.leave(request.container)).rejects.toThrow();
  await expect(lookup()).rejects.toThrow();
  const others = [];
  for (const name of ['one', 'two', 'three']) others.push(await networks.join(world.request(name, { networkMode: 'front' }), signal));
  expect(others.map(({ endpoints }) => endpoints[0]?.ipv4?.address)).not.toContain(address);

  execFileSync('chattr', ['-i', record]);
  await networks.leave(request.container);
  expect(existsSync(record)).toBe(false);
  await networks.leave(world.request('one').container);
  const next = await networks.join(world.request('next', { networkMode: 'front' }), signal);
  const last = await networks.join(world.request('last', { networkMode: 'front' }), signal);
  expect([next, last].map(({ endpoints }) => endpoints[0]?.ipv4?.address)).toContain(address);
});

test('a way to a container that leaves, opened meanwhile, goes with it', async () => {
  const world = opened.use(
    await NetworkWorld.open({ config: { defaultBridgeOptions: { 'com.docker.network.bridge.enable_icc': 'false' } } }),
  );
  const { networks, kernel } = world;
  const database = world.request('database');
  const address = (await networks.join(database, signal)).endpoints[0]?.ipv4?.address ?? '';
  const removeNamespace = kernel.removeNamespace.bind(kernel);
  let asked = '';
  const joiningMeanwhile = async (path: string): Promise<unknown> => {
    Object.assign(kernel, { removeNamespace });
    const links = [{ container: database.container, ports: [{ port: 5432, protocol: 'tcp' as const }] }];
    await networks.join(world.request('web', { links }), signal);
    asked = await kernel.runNft('list ruleset');
    return removeNamespace(path);
  };
  Object.assign(kernel, { removeNamespace: joiningMeanwhile });

  await networks.leave(database.container);
  expect(asked).toContain(`. ${address} . tcp . 5432`);
  expect(await kernel.runNft('list ruleset')).not.toContain(`${address} . tcp`);
});
