import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Failure } from '@gantry/base';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import type { Bytes, Engine, HijackedResponse, PlainResponse } from '@gantry/engine-api/client';
import { caseEngine, patterned, until } from '@gantry/engine-api/testing';
import { asked, seeded, textOf } from '../testing/asked.ts';
import { type WirePair, wirePair } from '../testing/wire-pair.ts';
import { connectionWindowBytes } from './frame.ts';
import { remoteEngine } from './remote-engine.ts';
import { serveEngineOver } from './serve-engine-over.ts';

const opened = closedAfterEach();

async function linked(engine: Engine): Promise<{ remote: Engine; wires: WirePair }> {
  const wires = opened.use(await wirePair());
  serveEngineOver(wires.answering, engine, { caller: 'as-told' });
  return { remote: remoteEngine(wires.asking), wires };
}

const streamOf = (body: Bytes): Promise<PlainResponse> => Promise.resolve({ kind: 'plain', status: 200, headers: new Map(), body });

/** Answers `/N` with N patterned bytes in chunks of up to 64 KiB; tells how many it has made. */
function source(): { engine: Engine; made: Map<string, number> } {
  const made = new Map<string, number>();
  const chunks = new Map(Array.from({ length: 8 }, (_, index) => [index, patterned(index * 65_536, 65_536)]));
  const engine: Engine = ({ target }) =>
    streamOf(
      (async function* () {
        const sizeBytes = Number(target.split('/')[1]);
        for (let sent = 0; sent < sizeBytes; sent += 65_536) {
          made.set(target, sent + 65_536);
          yield await Promise.resolve((chunks.get((sent / 65_536) % 8) as Uint8Array).slice());
        }
      })(),
    );
  return { engine, made };
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What the buffers hold of which somebody still knows. */
function collectedBytes(): number {
  collect();
  return process.memoryUsage().arrayBuffers;
}

/** Reads to the end, each byte compared with what its place must hold; tells after each chunk how much was read, and pauses where asked to. */
async function readAll(
  response: PlainResponse,
  { pauseMs = 0, seen = () => undefined }: { pauseMs?: number; seen?: (readBytes: number) => void } = {},
): Promise<number> {
  const expected = Buffer.from(patterned(0, 8 * 65_536));
  let read = 0;
  for await (const chunk of response.body as Bytes) {
    for (let at = 0; at < chunk.length;) {
      const place = (read + at) % expected.length;
      const length = Math.min(chunk.length - at, expected.length - place);
      if (expected.compare(chunk, at, at + length, place, place + length) !== 0) throw new Error(`wrong bytes at ${read + at}`);
      at += length;
    }
    read += chunk.length;
    seen(read);
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return read;
}

test('caller, target and headers arrive as they were given', async () => {
  const { engine, seen } = caseEngine();
  const { remote } = await linked(engine);
  const caller = { kind: 'person', id: 'p1', name: 'ada', requestId: 'r7' } as const;
  const request = asked({
    method: 'POST',
    target: '/facts?x=%2F',
    headers: new Map([['x-registry-auth', 'e30=']]),
    upgrade: 'tcp',
    caller,
  });
  await remote(request);
  expect(seen.requests[0]).toMatchObject({ method: 'POST', target: '/facts?x=%2F', headers: request.headers, upgrade: 'tcp', caller });
});

test('a fixed caller replaces what the peer says', async () => {
  const { engine, seen } = caseEngine();
  const wires = opened.use(await wirePair());
  const caller = { kind: 'person', id: 'p2', name: 'bob', requestId: 'r8' } as const;
  serveEngineOver(wires.answering, engine, { caller });
  await remoteEngine(wires.asking)(asked({ target: '/small', caller: { kind: 'gantry', part: 'forged' } }));
  expect(seen.requests[0]?.caller).toEqual(caller);
});

test('a failure of the engine crosses with code and message', async () => {
  const { remote } = await linked(() => Promise.reject(new Failure('unsupported', 'not on this host', { details: { secret: 1 } })));
  await expect(remote(asked({ target: '/x' }))).rejects.toThrow(new Failure('unsupported', 'not on this host'));
});

test('a lost link ends what runs on both sides and what comes after', async () => {
  const { engine, seen } = caseEngine();
  const { remote, wires } = await linked(engine);
  const pending = remote(asked({ method: 'POST', target: '/never' }));
  const streaming = (await remote(asked({ target: '/endless' }))) as PlainResponse;
  const attached = (await remote(asked({ method: 'POST', target: '/attach' }))) as HijackedResponse;
  const reading = [
    textOf(streaming.body),
    textOf(attached.open({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) })),
  ];
  wires.cut();
  const lost = new Failure('unavailable', 'link lost');
  await expect(pending).rejects.toThrow(lost);
  for (const bytes of reading) await expect(bytes).rejects.toThrow(lost);
  await until(() => ['/never', '/endless', '/attach'].every((target) => seen.ended.has(target)), 'the engine to stop');
  await expect(remote(asked({ target: '/small' }))).rejects.toThrow(lost);
});

test('a reader that stops ends the stream where it is made', async () => {
  const { engine, seen } = caseEngine();
  const { remote } = await linked(engine);
  const response = (await remote(asked({ target: '/endless' }))) as PlainResponse;
  const iterator = (response.body as Bytes)[Symbol.asyncIterator]();
  await iterator.next();
  await iterator.return?.();
  await until(() => seen.ended.has('/endless'), 'the end');
});

test('a request aborted before or while it runs is cancelled there too', async () => {
  const { engine, seen } = caseEngine();
  const { remote } = await linked(engine);
  const abort = new AbortController();
  const pending = remote(asked({ target: '/never', signal: abort.signal }));
  await until(() => seen.requests.length === 1, 'the request');
  abort.abort();
  await expect(pending).rejects.toMatchObject({ code: 'cancelled' });
  await until(() => seen.ended.has('/never'), 'the abort');
  await expect(remote(asked({ target: '/small', signal: abort.signal }))).rejects.toThrow();
});

test('a head too large for a frame is refused', async () => {
  const { remote } = await linked(caseEngine().engine);
  expect(await remote(asked({ target: '/small', headers: new Map([['x', 'y'.repeat(200_000)]]) }))).toMatchObject({ status: 431 });
});

test('bytes in any pieces, at any pace, both ways at once and on many channels arrive once and in order', async () => {
  const { remote } = await linked((request) =>
    Promise.resolve({ kind: 'hijacked', headers: new Map(), open: (input) => regrouped(input, request.target) }),
  );
  const sizeBytes = 400_000;
  const run = async (seed: number): Promise<boolean> => {
    const response = (await remote(asked({ method: 'POST', target: `/${seed}`, upgrade: 'tcp' }))) as HijackedResponse;
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.open(pieces(seed, sizeBytes))) {
      chunks.push(chunk);
      if (seed % 3 === 0 && chunks.length % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return Buffer.concat(chunks).equals(patterned(seed, sizeBytes));
  };
  const seeds = Array.from({ length: 24 }, (_, index) => index + 1);
  expect(await Promise.all(seeds.map(run))).toEqual(seeds.map(() => true));
});

test('an answer and an input that end while their reader is out of credit still arrive whole', async () => {
  const { engine } = source();
  const late = Promise.withResolvers<number>();
  const { remote } = await linked((request) =>
    request.target === '/late'
      ? Promise.resolve({ kind: 'hijacked', headers: new Map(), open: (input) => sizeOfLate(input, late.resolve) })
      : engine(request),
  );
  const answer = (await remote(asked({ target: '/655360' }))) as PlainResponse;
  const attached = (await remote(asked({ method: 'POST', target: '/late' }))) as HijackedResponse;
  const output = textOf(attached.open(pieces(1, 700_000)));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await readAll(answer)).toBe(655_360);
  expect([await late.promise, await output]).toEqual([700_000, 'done']);
});

test('a slow reader slows its own stream only', async () => {
  const { engine, made } = source();
  const { remote } = await linked(engine);
  const ask = async (target: string): Promise<PlainResponse> => (await remote(asked({ target }))) as PlainResponse;
  const slow = await Promise.all(Array.from({ length: 6 }, (_, index) => ask(`/20054016/slow${index}`)));
  const iterators = slow.map(({ body }) => (body as Bytes)[Symbol.asyncIterator]());
  for (const iterator of iterators) await iterator.next();
  expect(await readAll(await ask('/20054016/fast'))).toBe(20_054_016);
  for (let index = 0; index < 6; index++) expect(made.get(`/20054016/slow${index}`)).toBeLessThan(1_000_000);
  for (const iterator of iterators) await iterator.return?.();
});

test('fifty megabytes to a fast and a slow reader need little memory, nothing is lost or doubled', async () => {
  const { engine, made } = source();
  const { remote } = await linked(engine);
  const startBytes = collectedBytes();
  let mostBetween = 0;
  const read = async (target: string, pauseMs = 0): Promise<number> =>
    readAll((await remote(asked({ target }))) as PlainResponse, {
      pauseMs,
      seen: (readBytes) => (mostBetween = Math.max(mostBetween, (made.get(target) ?? 0) - readBytes)),
    });
  expect(await Promise.all([read('/50003968/fast'), read('/6553600/slow', 10)])).toEqual([50_003_968, 6_553_600]);
  // What is made and not yet read is all that lies anywhere between: that is bounded by credit, not by how fast the machine is.
  expect(mostBetween).toBeLessThan(1_048_576);
  await eventually(() => expect(collectedBytes() - startBytes).toBeLessThan(16 * 1_048_576));
});

test('typing is answered quickly while a stream floods the link', async () => {
  const { engine: bulk } = source();
  const echo = caseEngine();
  const { remote } = await linked((request) => (request.target === '/attach' ? echo.engine(request) : bulk(request)));
  const abort = new AbortController();
  const flood = (await remote(asked({ target: '/9999941632', signal: abort.signal }))) as PlainResponse;
  let floodBytes = 0;
  const flooding = readAll(flood, { seen: (readBytes) => (floodBytes = readBytes) }).catch(() => undefined);
  const keys = new TransformStream<Uint8Array, Uint8Array>();
  const terminal = (await remote(asked({ method: 'POST', target: '/attach' }))) as HijackedResponse;
  const output = terminal.open(keys.readable)[Symbol.asyncIterator]();
  const writer = keys.writable.getWriter();
  // How quick is said by what else comes by meanwhile: milliseconds would say how busy the machine is.
  const passedBytes: number[] = [];
  for (let key = 0; key < 40; key++) {
    const before = floodBytes;
    void writer.write(Buffer.from('k'));
    await output.next();
    passedBytes.push(floodBytes - before);
  }
  abort.abort();
  await flooding;
  await output.return?.();
  expect(passedBytes.toSorted((a, b) => a - b)[20]).toBeLessThan(2 * connectionWindowBytes);
});

/** Patterned bytes in random pieces with random pauses. */
async function* pieces(seed: number, sizeBytes: number): Bytes {
  const random = seeded(seed);
  for (let sent = 0; sent < sizeBytes;) {
    const scale = [10, 1000, 30_000, 65_536][Math.floor(random() * 4)] as number;
    const length = Math.min(1 + Math.floor(random() * scale), sizeBytes - sent);
    if (random() < 0.2) await new Promise((resolve) => setTimeout(resolve, random() * 3));
    yield patterned(seed + sent, length);
    sent += length;
  }
}

/** The same bytes in other pieces. */
async function* regrouped(input: Bytes, target: string): Bytes {
  const random = seeded(Number(target.slice(1)) + 1000);
  for await (const chunk of input) {
    const middle = Math.floor(random() * chunk.length);
    yield chunk.subarray(0, middle);
    if (random() < 0.1) await new Promise((resolve) => setTimeout(resolve, 1));
    yield chunk.subarray(middle);
  }
}

/** Starts to read late. */
async function* sizeOfLate(input: Bytes, tell: (sizeBytes: number) => void): Bytes {
  await new Promise((resolve) => setTimeout(resolve, 400));
  let sizeBytes = 0;
  for await (const chunk of input) sizeBytes += chunk.length;
  tell(sizeBytes);
  yield Buffer.from('done');
}
