// What people wait for besides a start, native and dockerd in turns in one run: stop and remove of a container that ends at once on SIGTERM, `docker run
// --rm` of the CLI, the first byte of an exec with a terminal, a list of 500 and an inspect, and create + start by 16 clients at once (95th percentile).
// Raw lists: .gantry/bench/lifecycle.json. Words: name of the bench, rounds.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { noBytes } from '@gantry/engine-api';
import { peerPath } from '@gantry/engine-api/testing';
import { RawAsker } from './raw-asker.ts';
import {
  type Contender,
  createContainer,
  inParallel,
  record,
  removeAll,
  startNative,
  startPeer,
  tell,
  timed,
  type Times,
} from './side-by-side.ts';

const rounds = Number(process.argv[3] ?? 20);
const listed = 500;
const parallel = 16;
/** It takes less than a millisecond: a few would show how cold an engine is, and one at a time how long a core takes to wake. */
const roundsToWarm = 3;
const inspectsPerRound = 50;
const run = promisify(execFile);
const docker = existsSync('/usr/local/bin/docker') ? '/usr/local/bin/docker' : join(peerPath('docker.io').split(':')[0] ?? '', 'docker');
type Name = 'native' | 'dockerd';
const names: readonly Name[] = ['native', 'dockerd'];

async function started(client: Contender['client'], script: string): Promise<string> {
  const id = await createContainer(client, { Image: 'busybox', Cmd: ['sh', '-c', script] });
  await client.call('ContainerStart', { path: { id } });
  return id;
}

async function stopAndRemove({ client }: Contender): Promise<number> {
  const id = await started(client, 'trap "exit 0" TERM; while :; do sleep 100 & wait; done');
  const until = await (
    await client.call('ContainerExec', { path: { id }, body: { Cmd: ['true'], AttachStdout: true } })
  ).json<{ Id: string }>();
  await Array.fromAsync((await client.open('ExecStart', { path: { id: until.Id }, body: {} })).open(noBytes));
  const { ms } = await timed(async () => {
    await client.call('ContainerStop', { path: { id } });
    await client.call('ContainerDelete', { path: { id } });
  });
  return ms;
}

async function firstByteOfTerminal({ client }: Contender, id: string): Promise<number> {
  const body = { Cmd: ['sh'], Tty: true, AttachStdin: true, AttachStdout: true, AttachStderr: true };
  const { ms } = await timed(async () => {
    const exec = await (await client.call('ContainerExec', { path: { id }, body })).json<{ Id: string }>();
    const { open } = await client.open('ExecStart', { path: { id: exec.Id }, body: { Tty: true } });
    const output = open(noBytes)[Symbol.asyncIterator]();
    await output.next();
    await output.return?.();
  });
  return ms;
}

const runOfCli = async ({ socketPath }: Contender): Promise<number> =>
  (await timed(() => run(docker, ['-H', `unix://${socketPath}`, 'run', '--rm', 'busybox', 'true']))).ms;

await using native = await startNative();
await using dockerd = await startPeer();
const contenders: Readonly<Record<Name, Contender>> = { native, dockerd };
const times: Times = {};
const longRunning = { native: await started(native.client, 'sleep 1000'), dockerd: await started(dockerd.client, 'sleep 1000') };
for (let round = -1; round < rounds; round++) {
  for (const engine of names) {
    const contender = contenders[engine];
    const into = round < 0 ? {} : times; // the first warms both
    record(into, 'stop + remove', { engine, ms: await stopAndRemove(contender) });
    record(into, 'docker run --rm', { engine, ms: await runOfCli(contender) });
    record(into, 'first byte of exec -it', { engine, ms: await firstByteOfTerminal(contender, longRunning[engine]) });
  }
}
for (const engine of names) {
  const { client } = contenders[engine];
  await inParallel(4, Array.from({ length: listed }), () =>
    createContainer(client, { Image: 'busybox', Cmd: ['true'], Labels: { round: 'list' } }),
  );
}
for (let round = 0; round < rounds; round++) {
  for (const engine of names) {
    const { client } = contenders[engine];
    const list = await timed(async () => (await client.call('ContainerList', { query: { all: true } })).text());
    record(times, `list of ${listed}`, { engine, ms: list.ms });
  }
}
using nativeAsker = await RawAsker.open(native.socketPath);
using dockerdAsker = await RawAsker.open(dockerd.socketPath);
const askers = { native: nativeAsker, dockerd: dockerdAsker };
for (const [what, targetOf] of [
  ['way there and back (/_ping)', () => '/_ping'],
  ['inspect', (engine: Name) => `/v1.41/containers/${longRunning[engine]}/json`],
] as const) {
  for (let round = -roundsToWarm; round < rounds; round++) {
    for (const engine of names) {
      for (let time = 0; time < inspectsPerRound; time++) {
        const { ms } = await timed(() => askers[engine].get(targetOf(engine)));
        record(round < 0 ? {} : times, what, { engine, ms });
      }
    }
  }
}
await tell('lifecycle', times);

const crowd: Times = {};
for (const engine of names) await removeAll(contenders[engine].client);
for (let round = 0; round < 4; round++) {
  for (const engine of names) {
    const { client } = contenders[engine];
    const PortBindings = { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] };
    await inParallel(parallel, Array.from({ length: parallel }), async () => {
      const body = { Image: 'busybox', Cmd: ['sleep', '100'], HostConfig: { PortBindings } };
      const { ms } = await timed(async () => client.call('ContainerStart', { path: { id: await createContainer(client, body) } }));
      record(crowd, `create + start, ${parallel} at once, 95th percentile`, { engine, ms });
    });
    await removeAll(client);
  }
}
await tell('crowd', crowd, 0.95);
