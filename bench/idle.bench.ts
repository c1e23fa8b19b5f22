// Goals: with 100 idle containers engine and monitors together have at most 0.5 of the proportional and 0.30 of the resident memory of dockerd, containerd
// and shims; restarted with 100 containers the engine answers, all of them taken over, within 1.5 s; with 50 it needs less than 1 % of a core; 300 run on one
// machine. The bundle as `gantry engine` starts it beside a real dockerd; processes of the containers themselves count on neither side.
// Words: name of the bench, seconds of idleness.
import { setTimeout as delay } from 'node:timers/promises';
import { dockerProcesses, megabytes, nativeProcesses, ranMs } from './processes.ts';
import { type Contender, createContainer, inParallel, quantile, removeAll, startNative, startPeer, timed } from './side-by-side.ts';

const seconds = Number(process.argv[3] ?? 60);
const settleMs = 15_000;
const restarts = 5;

async function startUpTo(count: number, { client }: Contender): Promise<void> {
  const there = await running(client);
  await inParallel(2, Array.from({ length: count - there }), async () => {
    const id = await createContainer(client, { Image: 'busybox', Cmd: ['sleep', '100000'] });
    await client.call('ContainerStart', { path: { id } });
  });
}

async function running(client: Contender['client']): Promise<number> {
  const listed = await (await client.call('ContainerList', { query: {} })).json<{ State: string }[]>();
  return listed.filter(({ State }) => State === 'running').length;
}

await using native = await startNative('bundle');
await using dockerd = await startPeer();
const processes = { native: () => nativeProcesses(native.root), dockerd: () => dockerProcesses(dockerd.enter) };

for (const contender of [native, dockerd]) await startUpTo(50, contender);
await delay(settleMs);
const before = { native: ranMs(processes.native()), dockerd: ranMs(processes.dockerd()) };
await delay(seconds * 1000);
const percent = (name: keyof typeof before): string => ((ranMs(processes[name]()) - before[name]) / (seconds * 10)).toFixed(2);
console.table({ [`% of a core with 50, over ${seconds} s`]: { native: percent('native'), dockerd: percent('dockerd') } });

for (const contender of [native, dockerd]) await startUpTo(100, contender);
await delay(settleMs);
const memory = (['Pss', 'Rss'] as const).map((name) => {
  const [ours, theirs] = [megabytes(processes.native(), name), megabytes(processes.dockerd(), name)];
  const engine = megabytes([native.pid], name).toFixed(1);
  return [`${name} in MB with 100`, { native: ours.toFixed(1), dockerd: theirs.toFixed(1), ratio: (ours / theirs).toFixed(2), engine }];
});
console.table(Object.fromEntries(memory));

const times: number[] = [];
const processorMs: number[] = [];
for (let round = 0; round < restarts; round++) {
  await native.end(round % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
  const { ms, value } = await timed(async () => {
    await native.startAgain();
    return running(native.client);
  });
  if (value !== 100) throw new Error(`${value} of 100 containers run after the restart`);
  times.push(ms);
  processorMs.push(ranMs([native.pid]));
}
console.table({
  'restart with 100 in ms': {
    median: quantile(times, 0.5).toFixed(0),
    longest: Math.max(...times).toFixed(0),
    processor: quantile(processorMs, 0.5),
  },
});

await removeAll(dockerd.client);
await startUpTo(300, native);
await delay(settleMs);
const count = await running(native.client);
const all = processes.native();
console.table({ [`${count} running`]: { 'Pss in MB': megabytes(all, 'Pss').toFixed(1), 'Rss in MB': megabytes(all, 'Rss').toFixed(1) } });
