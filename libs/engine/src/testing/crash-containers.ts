import { readFileSync } from 'node:fs';
import { createIn, inspectIn, shell } from './container-client.ts';
import { expectSame, expectSeeded, removeContainer, runReady, stateOf } from './crash-checks.ts';
import { type CrashOperations, type CutOperation, endless } from './crash-operation.ts';
import type { CrashWorld } from './crash-world.ts';

interface RunningState {
  readonly state: { readonly run: { readonly monitor: { readonly pid: number } } };
}

/** Containers from their creation to their removal. */
export const crashContainers: CrashOperations = {
  create: {
    steps: [
      ...(['rootfs.record', 'rootfs.show', 'volume.directory', 'volume.record', 'volume.hold', 'container.directory'] as const),
      ...(['volume.copy', 'container.record'] as const),
    ],
    async begin(world) {
      const [name, volume] = [world.name('created'), world.name('volume')];
      await world.client.call('VolumeCreate', { body: { Name: volume } });
      const body = shell(endless, { Volumes: { '/seed': {} }, HostConfig: { Binds: [`${volume}:/named`] } });
      return {
        act: () => createIn(world.client, body, name),
        async check() {
          const found = await stateOf(world, name);
          if (found) {
            await world.client.call('ContainerStart', { path: { id: name } });
            await expectSeeded(world, name);
            await removeContainer(world, name);
          }
          await world.client.call('VolumeDelete', { path: { name: volume }, query: { force: true } });
        },
      };
    },
  },
  start: {
    steps: [
      ...(['start.intent', 'rootfs.mount', 'sandbox.record', 'sandbox.namespace', 'sandbox.cables', 'sandbox.publish'] as const),
      ...(['start.memory', 'start.files', 'start.bundle', 'start.monitor', 'start.record', 'start.process', 'start.filter'] as const),
    ],
    async begin(world) {
      const [network, name] = [world.name('net'), world.name('started')];
      await world.client.call('NetworkCreate', { body: { Name: network } });
      // A filter that no container had before.
      const rule = { names: ['acct'], action: 'SCMP_ACT_ERRNO', errnoRet: Number(name.split('-')[1]) % 4000 };
      const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [rule] };
      const HostConfig = {
        IpcMode: 'shareable',
        SecurityOpt: [`seccomp=${JSON.stringify(profile)}`],
        NetworkMode: network,
        PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
      };
      await createIn(world.client, shell(endless, { Volumes: { '/seed': {} }, HostConfig }), name);
      const start = (): Promise<unknown> => world.client.call('ContainerStart', { path: { id: name } });
      return {
        act: start,
        async check() {
          const { State } = await inspectIn(world.client, name);
          if (State.Status === 'created') await start();
          else expectSame('its state', State.Status, 'running');
          await expectSeeded(world, name);
          await removeContainer(world, name);
          await world.client.call('NetworkDelete', { path: { id: network } });
        },
      };
    },
  },
  'start that fails': {
    steps: ['end.runtime', 'start.failure'],
    async begin(world) {
      const name = world.name('failing');
      await createIn(world.client, { Image: 'busybox', Cmd: ['no-such-program'] }, name);
      return {
        act: () => world.client.call('ContainerStart', { path: { id: name } }),
        async check() {
          expectSame('its state', (await inspectIn(world.client, name)).State.Status, 'created');
          await removeContainer(world, name);
        },
      };
    },
  },
  stop: {
    steps: [
      ...(['stop.intent', 'stop.signal', 'end.record', 'end.state', 'end.memory', 'end.groups', 'rootfs.unmount', 'end.bundle'] as const),
      ...(['sandbox.unpublish', 'sandbox.unpin', 'sandbox.remove', 'end.exit'] as const),
    ],
    async begin(world) {
      const HostConfig = { IpcMode: 'shareable', RestartPolicy: { Name: 'unless-stopped' } };
      const id = await runReady(world, { HostConfig, of: 'stopped' });
      const before = await inspectIn(world.client, id);
      return {
        act: () => world.client.call('ContainerStop', { path: { id } }),
        async check() {
          const { State } = await inspectIn(world.client, id);
          if (State.Status === 'running') expectSame('the state of a container that runs', State, before.State);
          else expectSame('how it ended', [State.Status, State.ExitCode], ['exited', 7]);
          await removeContainer(world, id);
        },
      };
    },
  },
  'recovery of a run whose monitor was lost': {
    recoversFrom: 'its own kill',
    steps: ['end.record', 'end.runtime', 'end.bundle'],
    async begin(world) {
      const id = await runReady(world, { of: 'lost' });
      const { monitor } = (JSON.parse(readFileSync(world.path('data/engine/containers', id, 'state.json'), 'utf8')) as RunningState).state
        .run;
      return {
        async act() {
          await world.engine.kill('SIGKILL');
          process.kill(monitor.pid, 'SIGKILL');
        },
        async check() {
          const { State } = await inspectIn(world.client, id);
          expectSame('how it ended', [State.Status, State.ExitCode], ['exited', 255]);
          await removeContainer(world, id);
        },
      };
    },
  },
  'restart by policy': {
    steps: ['end.record', 'start.record'],
    async begin(world) {
      const HostConfig = { RestartPolicy: { Name: 'always' } };
      const id = await createIn(
        world.client,
        shell('[ -e /again ] && exec sleep 1000; : >/again; exit 3', { HostConfig }),
        world.name('again'),
      );
      return {
        async act() {
          await world.client.call('ContainerStart', { path: { id } });
          await world.engine.ended;
        },
        async check() {
          const { State } = await inspectIn(world.client, id);
          if (!['restarting', 'running', 'created'].includes(State.Status)) throw new Error(`it is ${State.Status}`);
          await removeContainer(world, id);
        },
      };
    },
  },
  removal: {
    steps: ['remove.intent', 'rootfs.hide', 'rootfs.remove', 'volume.release', 'volume.hide', 'volume.remove', 'remove.record'],
    async begin(world) {
      const [name, volume] = [world.name('removed'), world.name('volume')];
      const HostConfig = { Binds: [`${volume}:/named`] };
      await createIn(world.client, shell('exit 3', { Volumes: { '/anonymous': {} }, HostConfig }), name);
      const remove = (): Promise<unknown> => world.client.call('ContainerDelete', { path: { id: name }, query: { v: true } });
      return {
        act: remove,
        async check() {
          const found = await stateOf(world, name);
          if (found) {
            await world.client.call('ContainerStart', { path: { id: name } });
            await removeContainer(world, name);
          }
          await world.client.call('VolumeDelete', { path: { name: volume }, query: { force: true } });
        },
      };
    },
  },
  prune: {
    steps: ['rootfs.hide', 'volume.hide', 'network.hide'],
    async begin(world) {
      const name = world.name('pruned');
      await createIn(world.client, { Image: 'busybox', Cmd: ['true'] }, name);
      await world.client.call('VolumeCreate', { body: { Name: name } });
      await world.client.call('NetworkCreate', { body: { Name: name } });
      const prune = async (): Promise<void> => {
        await world.client.call('ContainerPrune', {});
        await world.client.call('VolumePrune', { query: { filters: { all: ['true'] } } });
        await world.client.call('NetworkPrune', {});
      };
      return {
        act: prune,
        async check() {
          await prune();
          expectSame('a pruned container', await stateOf(world, name), undefined);
        },
      };
    },
  },
  'recovery of a start': {
    steps: ['end.runtime', 'end.bundle', 'recover.record'],
    recoversFrom: 'start.monitor:after',
    begin: (world) => startUnder(world, 'no'),
  },
  'recovery of a start under a policy': {
    steps: ['restart.record'],
    recoversFrom: 'start.monitor:after',
    begin: (world) => startUnder(world, 'always'),
  },
};

async function startUnder(world: CrashWorld, policy: string): Promise<CutOperation> {
  const id = await createIn(world.client, shell(endless, { HostConfig: { RestartPolicy: { Name: policy } } }), world.name('recovered'));
  return {
    act: () => world.client.call('ContainerStart', { path: { id } }),
    async check() {
      const { Status } = (await inspectIn(world.client, id)).State;
      if (!(policy === 'no' ? ['created'] : ['restarting', 'running', 'created']).includes(Status)) throw new Error(`it is ${Status}`);
      await removeContainer(world, id);
    },
  };
}
