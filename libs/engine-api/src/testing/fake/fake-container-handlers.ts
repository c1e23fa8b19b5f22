import { Failure } from '@gantry/base';
import type { Call } from '../../call.ts';
import type { EngineResponse } from '../../engine.ts';
import { multiplex, multiplexedStream, rawStream, type OutputPart } from '../../framing/multiplexed.ts';
import { cannotRemoveRunning, nameInUse, notRunning } from '../../messages.ts';
import { empty, json, jsonStream, stream } from '../../replies.ts';
import type { Handlers } from '../../router.ts';
import type { FakeContainer } from './fake-container.ts';
import type { FakeHost } from './fake-host.ts';

const reply = (response: EngineResponse): Promise<EngineResponse> => Promise.resolve(response);

export function fakeContainerHandlers(engine: FakeHost): Handlers {
  return {
    ContainerList: (call) => reply(json(200, list(engine, call))),
    ContainerInspect: async ({ id }) => reply(json(200, engine.find(id).inspect())),
    ContainerCreate: (call) => create(engine, call),
    ContainerStart: async ({ id }) => reply(act(engine, id, 'start')),
    ContainerStop: async ({ id }) => reply(act(engine, id, 'stop')),
    ContainerRestart: async ({ id }) => reply(act(engine, id, 'restart')),
    ContainerKill: async ({ id }) => reply(act(engine, id, 'kill')),
    ContainerPause: async ({ id }) => reply(act(engine, id, 'pause')),
    ContainerUnpause: async ({ id }) => reply(act(engine, id, 'unpause')),
    ContainerRename: async ({ id, query }) => reply(rename(engine, engine.find(id), query.name)),
    ContainerDelete: async ({ id, query }) => reply(remove(engine, engine.find(id), query.force)),
    ContainerWait: async (call) => reply(jsonStream(ends(engine.find(call.id), call.signal))),
    ContainerTop: async ({ id }) =>
      reply(json(200, { Titles: ['PID', 'CMD'], Processes: [['4242', engine.find(id).config.command.join(' ')]] })),
    ContainerLogs: async (call) => reply(logs(engine.find(call.id), call)),
    ContainerStats: async (call) => reply(jsonStream(stats(engine, engine.find(call.id), call))),
    ContainerResize: async ({ id }) => {
      engine.find(id);
      return reply(empty(200));
    },
  };
}

function list(engine: FakeHost, call: Call<'ContainerList'>): unknown[] {
  const filters = call.filters();
  const states = filters.get('status') ?? [];
  const names = filters.get('name') ?? [];
  return engine.containers
    .filter((container) => call.query.all || states.length > 0 || container.isRunning)
    .filter((container) => states.length === 0 || states.includes(container.state))
    .filter((container) => names.length === 0 || names.some((name) => container.name.includes(name)))
    .slice(0, call.query.limit ?? undefined)
    .map((container) => container.summary());
}

async function create(engine: FakeHost, call: Call<'ContainerCreate'>): Promise<EngineResponse> {
  const { Image: image = '', Cmd: command = ['sh'], Labels: labels = {}, Tty: tty = false } = await call.json();
  const name = call.query.name.replace(/^\//, '') || `fake-${engine.containers.length + 1}`;
  const taken = engine.containers.find((container) => container.name === name);
  if (taken) throw new Failure('conflict', nameInUse(name, taken.id));
  const { id } = engine.add({ name, image, command, labels, tty });
  return json(201, { Id: id, Warnings: [] });
}

type Action = 'start' | 'stop' | 'restart' | 'kill' | 'pause' | 'unpause';

function act(engine: FakeHost, id: string, action: Action): EngineResponse {
  const container = engine.find(id);
  if (action === (container.isRunning ? 'start' : 'stop')) return empty(304);
  if (!container.isRunning && action !== 'start' && action !== 'restart') throw new Failure('conflict', notRunning(container.id));
  if (action === 'pause' || action === 'unpause') {
    container.state = action === 'pause' ? 'paused' : 'running';
    engine.tell(container, action);
    return empty(204);
  }
  if (container.isRunning) engine.end(container, action === 'kill' ? 137 : 0);
  if (action === 'start' || action === 'restart') engine.start(container);
  if (action === 'stop' || action === 'restart') engine.tell(container, action);
  return empty(204);
}

function rename(engine: FakeHost, container: FakeContainer, name: string): EngineResponse {
  container.name = name;
  engine.tell(container, 'rename');
  return empty(204);
}

function remove(engine: FakeHost, container: FakeContainer, isForced: boolean): EngineResponse {
  if (container.isRunning && !isForced) throw new Failure('conflict', cannotRemoveRunning(`/${container.name}`, container.state));
  if (container.isRunning) engine.end(container, 137);
  engine.remove(container);
  return empty(204);
}

async function* ends(container: FakeContainer, signal: AbortSignal): AsyncGenerator {
  const output = container.output.subscribe(signal, (item) => item === 'end');
  if (container.isRunning) await Array.fromAsync(output);
  yield { StatusCode: container.exitCode };
}

function logs(container: FakeContainer, call: Call<'ContainerLogs'>): EngineResponse {
  const isRaw = container.config.tty;
  const parts = linesOf(container, call);
  return stream({ 'content-type': isRaw ? rawStream : multiplexedStream }, isRaw ? bytesOf(parts) : multiplex(parts));
}

async function* linesOf(container: FakeContainer, { query, signal }: Call<'ContainerLogs'>): AsyncGenerator<OutputPart> {
  const follower = query.follow && container.isRunning ? container.output.subscribe(signal, (item) => item === 'end') : undefined;
  const wanted = (which: string): boolean => (which === 'stdout' ? query.stdout : query.stderr);
  const part = ({ stream: which, text, at }: FakeContainer['lines'][number]): OutputPart => ({
    stream: which,
    bytes: new TextEncoder().encode(`${query.timestamps ? `${at.toISOString().replace('Z', '000000Z')} ` : ''}${text}\n`),
  });
  const tail = query.tail === '' || query.tail === 'all' ? container.lines.length : Number(query.tail);
  for (const line of tail === 0 ? [] : container.lines.slice(-tail)) if (wanted(line.stream)) yield part(line);
  if (follower) for await (const item of follower) if (item !== 'end' && wanted(item.stream)) yield part(item);
}

async function* bytesOf(parts: AsyncIterable<OutputPart>): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of parts) yield bytes;
}

async function* stats(engine: FakeHost, container: FakeContainer, { query, signal }: Call<'ContainerStats'>): AsyncGenerator {
  for (let turn = 1; !signal.aborted; turn += 1) {
    yield statsOf(container, turn);
    if (!query.stream) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, engine.statsEveryMs);
      signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    });
  }
}

/** A tenth of a core and a slowly growing memory. */
function statsOf(container: FakeContainer, turn: number): unknown {
  const cpu = (of: number) => ({
    cpu_usage: { total_usage: of * 100_000_000, usage_in_kernelmode: 0, usage_in_usermode: of * 100_000_000 },
    system_cpu_usage: of * 2_000_000_000,
    online_cpus: 2,
    throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
  });
  return {
    id: container.id,
    name: `/${container.name}`,
    read: new Date().toISOString(),
    preread: new Date(Date.now() - 1000).toISOString(),
    cpu_stats: cpu(turn),
    precpu_stats: cpu(turn - 1),
    memory_stats: { usage: 10_000_000 + turn * 1000, limit: 1_000_000_000, stats: { total_inactive_file: 0 } },
    pids_stats: { current: 1 },
    networks: {
      eth0: {
        rx_bytes: turn * 1000,
        tx_bytes: turn * 500,
        rx_packets: turn,
        tx_packets: turn,
        rx_errors: 0,
        tx_errors: 0,
        rx_dropped: 0,
        tx_dropped: 0,
      },
    },
    blkio_stats: { io_service_bytes_recursive: [] },
  };
}
