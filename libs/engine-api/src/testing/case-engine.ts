import type { Bytes, Engine, EngineRequest, EngineResponse } from '../engine.ts';
import { empty, hijack, json, stream } from '../replies.ts';

/** What an engine of the transport specs has seen of its requests. */
export interface Seen {
  readonly requests: EngineRequest[];
  /** Why each request's signal aborted, by target. */
  readonly aborted: Map<string, string>;
  /** Bytes of all inputs and bodies, by target. */
  readonly received: Map<string, string>;
  /** Targets whose output or body generator was told to stop or has ended. */
  readonly ended: Set<string>;
  /** How much `/big` has made. */
  producedBytes: number;
}

export interface CaseEngine {
  readonly engine: Engine;
  readonly seen: Seen;
}

const encoder = new TextEncoder();
type Route = (request: EngineRequest, seen: Seen) => EngineResponse | Promise<EngineResponse>;

/** A tiny engine whose routes are the cases of a transport: echo, streams without end, hijacks, late answers, failures. */
export function caseEngine(): CaseEngine {
  const seen: Seen = { requests: [], aborted: new Map(), received: new Map(), ended: new Set(), producedBytes: 0 };
  return {
    seen,
    engine: (request) => {
      seen.requests.push(request);
      request.signal.addEventListener('abort', () => seen.aborted.set(request.target, (request.signal.reason as Error).message));
      const route = routes[request.target.split('?')[0] ?? ''];
      return Promise.resolve(route ? route(request, seen) : json(404, { message: 'page not found' }));
    },
  };
}

const routes: Readonly<Record<string, Route>> = {
  '/small': () => json(200, { ok: true }),
  '/facts': ({ method, target, headers, upgrade, caller }) =>
    json(200, { method, target, headers: Object.fromEntries(headers), upgrade, caller }),
  '/nothing': () => empty(204),
  '/unchanged': () => empty(304),
  '/echo': ({ body }) => stream({ 'content-type': 'application/octet-stream' }, body),
  /** A body that breaks off is noted, and thrown on. */
  '/size': async ({ body, target }, seen) => {
    try {
      return json(200, { sizeBytes: await sizeOf(body) });
    } catch (thrown) {
      seen.received.set(target, `<${(thrown as Error).message}>`);
      throw thrown;
    }
  },
  '/refuse': () => json(409, { message: 'refused unread' }),
  '/late': async () => {
    await new Promise((resolve) => setTimeout(resolve, 150));
    return json(200, { late: true });
  },
  '/early-head': (request, seen) => stream({}, quiet(request, seen)),
  '/endless': (request, seen) => stream({}, counting(request, seen)),
  '/big': ({ target }, seen) => stream({}, sized(Number(new URLSearchParams(target.split('?')[1]).get('bytes')), seen)),
  '/sized': (_request, seen) => stream({ 'content-length': '300000' }, sized(300_000, seen)),
  '/too-short': () => stream({ 'content-length': '10' }, once('short')),
  '/broken': () => stream({}, breaking()),
  '/rejects': () => Promise.reject(new Error('the engine broke')),
  /** Never answers, and does not hear of an abort either. */
  '/deaf': () => new Promise<never>(() => undefined),
  '/never': (request, seen) => untilAborted(request, seen),
  '/attach': (request, seen) => hijack(rawStream, (input) => echo(request, input, seen)),
  '/body-then-attach': async (request, seen) => {
    const body = await textOf(request.body);
    return hijack(rawStream, (input) => joined(once(`[${body}]`), echo(request, input, seen)));
  },
  /** Output ends at once; input is read on. */
  '/sink': (request, seen) => hijack(rawStream, (input) => sink(request, input, seen)),
  /** Output for ever; input is stopped at once. */
  '/no-stdin': (request, seen) => hijack(rawStream, (input) => deaf(request, input, seen)),
  '/attach-broken': () => hijack(rawStream, () => breaking()),
};

const rawStream = { 'content-type': 'application/vnd.docker.raw-stream' };

async function sizeOf(bytes: Bytes): Promise<number> {
  let sizeBytes = 0;
  for await (const chunk of bytes) sizeBytes += chunk.length;
  return sizeBytes;
}

async function textOf(bytes: Bytes): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** What a generator waits for between two chunks: nothing, one turn later. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function* once(text: string): Bytes {
  await turn();
  yield encoder.encode(text);
}

async function* breaking(): Bytes {
  yield encoder.encode('some');
  await new Promise((resolve) => setTimeout(resolve, 20));
  throw new Error('the disk broke');
}

async function* sized(totalBytes: number, seen: Seen): Bytes {
  for (let sent = 0; sent < totalBytes;) {
    const chunk = patterned(sent, Math.min(65_536, totalBytes - sent));
    sent += chunk.length;
    seen.producedBytes = sent;
    await turn();
    yield chunk;
  }
}

/** Bytes whose value tells their position, so that a lost, doubled or moved one shows. */
export function patterned(start: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  for (let index = 0; index < sizeBytes; index++) bytes[index] = (((start + index) * 2_654_435_761) >>> 13) & 0xff;
  return bytes;
}

async function* quiet({ signal, target }: EngineRequest, seen: Seen): Bytes {
  try {
    await aborted(signal);
    yield* [];
  } finally {
    seen.ended.add(target);
  }
}

async function* counting({ target }: EngineRequest, seen: Seen): Bytes {
  try {
    for (let count = 0; ; count++) {
      yield encoder.encode(`${count}\n`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  } finally {
    seen.ended.add(target);
  }
}

async function untilAborted({ signal }: EngineRequest, seen: Seen): Promise<EngineResponse> {
  await aborted(signal);
  seen.ended.add('/never');
  throw signal.reason;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function* joined(...parts: Bytes[]): Bytes {
  for (const part of parts) yield* part;
}

async function* echo({ target }: EngineRequest, input: Bytes, seen: Seen): Bytes {
  try {
    for await (const chunk of input) {
      seen.received.set(target, (seen.received.get(target) ?? '') + Buffer.from(chunk).toString());
      yield chunk;
    }
    yield encoder.encode('<input ended>');
  } finally {
    seen.ended.add(target);
  }
}

async function* sink({ target }: EngineRequest, input: Bytes, seen: Seen): Bytes {
  await turn();
  yield encoder.encode('ready');
  void textOf(input).then(
    (text) => seen.received.set(target, text),
    () => seen.received.set(target, '<reset>'),
  );
}

async function* deaf(request: EngineRequest, input: Bytes, seen: Seen): Bytes {
  await input[Symbol.asyncIterator]().return?.();
  yield* counting(request, seen);
}
