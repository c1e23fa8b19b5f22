import { noBytes } from '@gantry/engine-api';
import { createIn, inspectIn, runIn, shell } from './container-client.ts';
import { expectSame, expectThawed, groupFile, linesOf, removeContainer, runReady } from './crash-checks.ts';
import { type CrashOperations, type CutOperation, endless } from './crash-operation.ts';
import type { CrashWorld } from './crash-world.ts';

/** What is done to containers that run. */
export const crashRunning: CrashOperations = {
  rename: {
    steps: ['container.rename', 'sandbox.rename'],
    async begin(world) {
      const [network, before, after] = [world.name('net'), world.name('named'), world.name('renamed')];
      await world.client.call('NetworkCreate', { body: { Name: network } });
      const id = await runIn(world.client, shell(endless, { HostConfig: { NetworkMode: network } }), before);
      return {
        act: () => world.client.call('ContainerRename', { path: { id }, query: { name: after } }),
        async check() {
          const { Name } = await inspectIn(world.client, id);
          if (![before, after].includes(Name.slice(1))) throw new Error(`it is called ${Name}`);
          const { Containers } = await (
            await world.client.call('NetworkInspect', { path: { id: network } })
          ).json<{ Containers: Record<string, { Name: string }> }>();
          expectSame('its name in its network', `/${Containers[id]?.Name}`, Name);
          await removeContainer(world, id);
          await world.client.call('NetworkDelete', { path: { id: network } });
        },
      };
    },
  },
  update: {
    steps: ['container.limits', 'container.update'],
    async begin(world) {
      const [before, after] = [64 << 20, 96 << 20];
      const id = await runIn(world.client, shell(endless, { HostConfig: { Memory: before, MemorySwap: -1 } }), world.name('updated'));
      return {
        act: () => world.client.call('ContainerUpdate', { path: { id }, body: { Memory: after, MemorySwap: -1 } }),
        async check() {
          const { Memory } = (await inspectIn(world.client, id)).HostConfig;
          if (Memory !== before && Memory !== after) throw new Error(`its limit is ${String(Memory)}`);
          expectSame(
            'the limit that the kernel keeps to',
            groupFile(world, id, ['memory', 'memory.limit_in_bytes', 'memory.max']),
            String(Memory),
          );
          await removeContainer(world, id);
        },
      };
    },
  },
  unlink: {
    steps: ['container.unlink'],
    async begin(world) {
      const [linked, linking] = [world.name('linked'), world.name('linking')];
      const other = await runIn(world.client, shell(endless), linked);
      const id = await createIn(world.client, shell(endless, { HostConfig: { Links: [`${linked}:db`] } }), linking);
      return {
        act: () => world.client.call('ContainerUnlink', { path: { id, alias: 'db' }, query: { link: true } }),
        async check() {
          const links = (await inspectIn(world.client, id)).HostConfig['Links'] as readonly string[];
          if (links.length > 0) expectSame('its link', links[0], `/${linked}:/${linking}/db`);
          await removeContainer(world, id);
          await removeContainer(world, other);
        },
      };
    },
  },
  pause: { steps: ['pause.freeze', 'pause.record'], begin: (world) => freezing(world, 'pause') },
  unpause: { steps: ['thaw.unfreeze', 'thaw.record'], begin: (world) => freezing(world, 'unpause') },
  'detached exec': {
    steps: ['exec.directory', 'exec.process', 'exec.remove'],
    begin: (world) => executing(world, { Detach: true }),
  },
  'attached exec': {
    steps: ['exec.directory', 'exec.remove'],
    begin: (world) => executing(world, {}),
  },
  'log rotation': {
    steps: ['log.rename', 'log.reopen', 'log.remove'],
    async begin(world) {
      const LogConfig = { Type: 'json-file', Config: { 'max-size': '2k', 'max-file': '3' } };
      const script = 'i=0; while :; do echo $i; i=$((i+1)); [ $((i%100)) = 0 ] && sleep 0.05; done';
      const id = await createIn(world.client, shell(script, { HostConfig: { LogConfig } }), world.name('logging'));
      return {
        async act() {
          await world.client.call('ContainerStart', { path: { id } });
          await world.engine.ended;
        },
        async check() {
          if ((await inspectIn(world.client, id)).State.Running) await world.client.call('ContainerKill', { path: { id } });
          const lines = await linesOf(world, id);
          const first = Number(lines[0]);
          const gap = lines.findIndex((line, at) => Number(line) !== first + at);
          if (gap >= 0) throw new Error(`of ${lines.length} lines ${lines[gap - 1]} is followed by ${lines[gap]}`);
          await removeContainer(world, id);
        },
      };
    },
  },
};

async function freezing(world: CrashWorld, verb: 'pause' | 'unpause'): Promise<CutOperation> {
  const id = await runReady(world, { of: verb });
  if (verb === 'unpause') await world.client.call('ContainerPause', { path: { id } });
  return {
    act: () => world.client.call(verb === 'pause' ? 'ContainerPause' : 'ContainerUnpause', { path: { id } }),
    async check() {
      const { State } = await inspectIn(world.client, id);
      if (!['running', 'paused'].includes(State.Status)) throw new Error(`it is ${State.Status}`);
      expectThawed(world, id, State.Status === 'running');
      await removeContainer(world, id);
    },
  };
}

async function executing(world: CrashWorld, how: { readonly Detach?: boolean }): Promise<CutOperation> {
  const id = await runReady(world, { of: 'executing' });
  const before = await inspectIn(world.client, id);
  return {
    async act() {
      const body = { Cmd: ['true'], AttachStdout: how.Detach !== true };
      const exec = await (await world.client.call('ContainerExec', { path: { id }, body })).json<{ Id: string }>();
      if (how.Detach) await world.client.call('ExecStart', { path: { id: exec.Id }, body: how });
      else await Array.fromAsync((await world.client.open('ExecStart', { path: { id: exec.Id }, body: how })).open(noBytes));
      await world.engine.ended;
    },
    async check() {
      expectSame('the state of its container', (await inspectIn(world.client, id)).State, before.State);
      await removeContainer(world, id);
    },
  };
}
