// Claims: joining a bridge with a published port takes about 1.5 ms and does not grow with the number of containers; a published port is one
// rule element whatever their number, added in less than 1 ms beside 2,000 others. Everything happens in namespaces of the bench's own.
import { performance } from 'node:perf_hooks';
import { Firewall } from '../libs/engine/src/networks/firewall.ts';
import { NetworkWorld } from '../libs/engine/src/networks/testing/network-world.ts';

const containers = 200;
const ports = 2000;
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
for (let index = 0; index < containers; index++) await networks.leave(request(index).container);
const portOf = (index: number) => ({ hostPort: 30_000 + index, containerPort: 1 + index, address: '', protocol: 'tcp' as const });
const whole = world.request('whole', { ports: Array.from({ length: ports }, (_, index) => portOf(index)) });
const [joinMs = 0] = await timesOf(1, () => networks.join(whole, signal));
const more = await timesOf(rounds, (index) => networks.join(world.request(`p${index}`, { ports: [portOf(ports + index)] }), signal));
const firewall = new Firewall(world.kernel, 'bbbbbb');
await firewall.open({ bridges: [], ports: [] });
const adding = await timesOf(ports, (index) => firewall.addPorts([{ port: portOf(index), address: '10.10.0.9' }]));
await firewall.remove();
const first = filling.slice(0, 50);
const last = filling.slice(-50);

console.log('milliseconds');
console.table({
  'join, one container': spread(alone),
  'leave, one container': spread(leaving),
  'join, the first 50 of 200': spread(first),
  'join, the last 50 of 200': spread(last),
  'join with one port beside 2,000': spread(more),
  'a rule, the first 200 of 2,000': spread(adding.slice(0, 200)),
  'a rule, the last 200 of 2,000': spread(adding.slice(-200)),
});
console.log(`a container with ${ports} ports: ${(joinMs / ports).toFixed(2)} ms each`);
console.log(JSON.stringify({ alone, leaving, filling, more, adding }));
