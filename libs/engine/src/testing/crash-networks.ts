import { readdirSync, readFileSync } from 'node:fs';
import { Failure } from '@gantry/base';
import { createIn, inspectIn, shell } from './container-client.ts';
import { expectSame, removeContainer, runReady } from './crash-checks.ts';
import type { CrashOperations, CutOperation } from './crash-operation.ts';
import type { CrashWorld } from './crash-world.ts';

/** Networks that come and go. */
export const crashNetworks: CrashOperations = {
  'network creation': {
    steps: ['network.directory', 'network.record', 'network.bridge', 'network.rules'],
    begin(world) {
      const Name = world.name('net');
      const create = (): Promise<unknown> => world.client.call('NetworkCreate', { body: { Name } });
      return { act: create, check: () => networkCheck(world, Name) };
    },
  },
  'network removal': {
    steps: ['network.unrule', 'network.unlink', 'network.hide', 'network.remove'],
    async begin(world) {
      const Name = world.name('net');
      const Options = { 'com.docker.network.bridge.name': `x${world.root.instance}${Name.split('-')[1]}` };
      await world.client.call('NetworkCreate', { body: { Name, Options } });
      return {
        act: () => world.client.call('NetworkDelete', { path: { id: Name } }),
        async check() {
          await networkCheck(world, Name);
          const link = Options['com.docker.network.bridge.name'];
          if (readdirSync('/sys/class/net').includes(link)) throw new Error(`link ${link} is left`);
        },
      };
    },
  },
  'connection to a network': {
    steps: ['connect.sandbox', 'connect.cable', 'connect.route', 'connection.state', 'connection.files', 'connection.record'],
    begin: (world) => connecting(world, 'NetworkConnect'),
  },
  'disconnection from a network': {
    steps: ['disconnect.sandbox', 'disconnect.cable', 'disconnect.route', 'connection.state', 'connection.files', 'connection.record'],
    begin: (world) => connecting(world, 'NetworkDisconnect'),
  },
  'connection of a container that does not run': {
    steps: ['connection.record'],
    begin: (world) => connecting(world, 'NetworkConnect', { isRunning: false }),
  },
};

async function connecting(
  world: CrashWorld,
  verb: 'NetworkConnect' | 'NetworkDisconnect',
  { isRunning } = { isRunning: true },
): Promise<CutOperation> {
  const network = world.name('net');
  await world.client.call('NetworkCreate', { body: { Name: network } });
  const id = isRunning
    ? await runReady(world, { of: 'connected' })
    : await createIn(world.client, shell('sleep 60'), world.name('connected'));
  const call = (which: typeof verb): Promise<unknown> => world.client.call(which, { path: { id: network }, body: { Container: id } });
  if (verb === 'NetworkDisconnect') await call('NetworkConnect');
  return {
    act: () => call(verb),
    async check() {
      const isIn = await expectWhole(world, { id, network });
      // What was cut off can be done, and what was done can be taken back.
      if (isIn) await call('NetworkDisconnect');
      else await call('NetworkConnect');
      expectSame('whether it is in the network now', await expectWhole(world, { id, network }), !isIn);
      if (!isRunning) await world.client.call('ContainerStart', { path: { id } });
      if (!isRunning) expectSame('whether it is in the network when it runs', await expectWhole(world, { id, network }), !isIn);
      await removeContainer(world, id);
      await networkCheck(world, network);
    },
  };
}

/** What the container says of its networks, what the network says of its containers, what the kernel has and what is in the container's files is the same. Answers whether it is in. */
async function expectWhole(world: CrashWorld, { id, network }: { id: string; network: string }): Promise<boolean> {
  const answer = await world.client.call('ContainerInspect', { path: { id } });
  const { NetworkSettings } = await answer.json<{ NetworkSettings: { Networks: Record<string, { IPAddress: string } | undefined> } }>();
  const own = NetworkSettings.Networks[network];
  const { Pid } = (await inspectIn(world.client, id)).State;
  if (Pid === 0) return own !== undefined;
  const { Containers } = await (
    await world.client.call('NetworkInspect', { path: { id: network } })
  ).json<{ Containers: Record<string, unknown> }>();
  expectSame('whether the network has it', id in Containers, own !== undefined);
  const links = readdirSync(`/proc/${Pid}/root/sys/class/net`).filter((name) => name.startsWith('eth'));
  expectSame('its links', links.length, Object.keys(NetworkSettings.Networks).length);
  if (own) {
    const hosts = readFileSync(`/proc/${Pid}/root/etc/hosts`, 'utf8');
    const routes = readFileSync(`/proc/${Pid}/net/fib_trie`, 'utf8');
    expectSame(
      'whether its hosts file and its kernel have the address',
      [hosts, routes].map((text) => text.includes(own.IPAddress)),
      [true, true],
    );
  }
  return own !== undefined;
}

/** It is there and can be removed, or it is not there. */
async function networkCheck(world: CrashWorld, name: string): Promise<void> {
  await world.client.call('NetworkDelete', { path: { id: name } }).catch((cause: unknown) => {
    if (Failure.from(cause).code !== 'not-found') throw cause;
  });
}
