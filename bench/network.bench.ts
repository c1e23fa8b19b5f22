// Claims: joining a bridge with a published port takes about 1.5 ms and does not grow with the number of containers; a published port is one
// rule element whatever their number. Everything happens in namespaces of the bench's own.
import { performance } from 'node:perf_hooks';
import { NetworkWorld } from '../libs/engine/src/networks/testing/network-world.ts';

const containers = 200;
const rounds = 100;
const signal = new AbortController().signal;

function spread(times: readonly number[]): { median: number; best: number; p90: number } {
  const sorted = [...times].sort((one, other) => one - other);
  const at = (share: number): number => Number((sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2));
  return { median: at(0.5), best: at(0), p90: at(0.9) };
}

async function timesOf(count: number, work: (index: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const start = performance.now();
    await work(index);
    times.push(performance.now() - start);
  }
  return times;
}

await using world = await NetworkWorld.open({ config: { bip: '10.10.0.1/16' } });
const { networks } = world;
const request = (index: number) =>
  world.request(`c${index}`, { ports: [{ hostPort: 20_000 + index, containerPort: 80, address: '', protocol: 'tcp' }] });

await timesOf(10, async () => {
  await networks.join(request(0), signal);
  await networks.leave(request(0).container);
});
const alone: number[] = [];
const leaving: number[] = [];
for (let round = 0; round < rounds; round++) {
  alone.push(...(await timesOf(1, () => networks.join(request(0), signal))));
  leaving.push(...(await timesOf(1, () => networks.leave(request(0).container))));
}
const filling = await timesOf(containers, (index) => networks.join(request(index), signal));
const first = filling.slice(0, 50);
const last = filling.slice(-50);

console.log('milliseconds');
console.table({
  'join, one container': spread(alone),
  'leave, one container': spread(leaving),
  'join, the first 50 of 200': spread(first),
  'join, the last 50 of 200': spread(last),
});
console.log(JSON.stringify({ alone, leaving, filling }));
