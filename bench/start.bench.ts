// Claim: create and start with a network and a published port takes at most a quarter of dockerd's time, an exec of `true` at most two fifths.
// Both engines are asked over their sockets, in turns, in one run; the raw lists are written to .gantry/bench/start.json. Words: name of the bench, rounds.
import { noBytes } from '@gantry/engine-api';
import { type Contender, createContainer, record, startNative, startPeer, tell, timed, type Times } from './side-by-side.ts';

const rounds = Number(process.argv[3] ?? 25);
const firstPort = 18_400;

async function oneRound(
  engine: 'native' | 'dockerd',
  { client }: Contender,
  { times, round }: { times: Times; round: number },
): Promise<void> {
  const PortBindings = { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(firstPort + round) }] };
  const body = { Image: 'busybox', Cmd: ['sleep', '100'], HostConfig: { PortBindings } };
  const created = await timed(() => createContainer(client, body));
  const path = { id: created.value };
  const started = await timed(() => client.call('ContainerStart', { path }));
  const command = { Cmd: ['true'], AttachStdout: true, AttachStderr: true };
  const exec = await (await client.call('ContainerExec', { path, body: command })).json<{ Id: string }>();
  const executed = await timed(async () => {
    const { open } = await client.open('ExecStart', { path: { id: exec.Id }, body: {} });
    await Array.fromAsync(open(noBytes));
  });
  await client.call('ContainerDelete', { path, query: { force: true } });
  record(times, 'create + start', { engine, ms: created.ms + started.ms });
  record(times, 'create', { engine, ms: created.ms });
  record(times, 'start', { engine, ms: started.ms });
  record(times, 'exec true', { engine, ms: executed.ms });
}

await using native = await startNative();
await using dockerd = await startPeer();
const contenders = { native, dockerd } as const;
const times: Times = {};
for (const name of ['native', 'dockerd'] as const) await oneRound(name, contenders[name], { times: {}, round: 0 }); // both warm
for (let round = 1; round <= rounds; round++) {
  for (const name of ['native', 'dockerd'] as const) await oneRound(name, contenders[name], { times, round });
}
await tell('start', times);
