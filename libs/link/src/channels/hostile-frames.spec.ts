import { type Failure } from '@gantry/base';
import { closedAfterEach } from '@gantry/base/testing';
import { caseEngine, until } from '@gantry/engine-api/testing';
import { asked } from '../testing/asked.ts';
import { wirePair } from '../testing/wire-pair.ts';
import { encodeCredit, encodeFrame, type FrameType, frameTypes } from './frame.ts';
import { remoteEngine } from './remote-engine.ts';
import { serveEngineOver } from './serve-engine-over.ts';

const opened = closedAfterEach();
const text = (value: unknown): Uint8Array => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

function openFrame(id: number, target: string, change: object = {}): Uint8Array {
  const head = { method: 'POST', target, headers: [], upgrade: 'none', caller: { kind: 'process' }, hasBody: true, ...change };
  return encodeFrame(id, frameTypes.open, [text(head)]);
}

const frame = (id: number, type: FrameType, payload: string | Uint8Array = ''): Uint8Array =>
  encodeFrame(id, type, [typeof payload === 'string' ? text(payload) : payload]);
const chunk = new Uint8Array(65_536);
const many = (count: number, one: Uint8Array): Uint8Array[] => Array.from({ length: count }, () => one);

/** What the answering end makes of frames that no peer of ours sends. */
async function toAnswering(frames: readonly Uint8Array[]): Promise<string> {
  const wires = opened.use(await wirePair());
  const { engine, seen } = caseEngine();
  const failures: Failure[] = [];
  let isClosed = false;
  wires.asking.onFrame(() => undefined);
  wires.asking.onClose(() => (isClosed = true));
  serveEngineOver(wires.answering, engine, { caller: 'as-told', largestChannels: 3, onFailure: (failure) => void failures.push(failure) });
  for (const one of frames) wires.asking.send(one);
  await until(() => isClosed, 'the wire to be closed');
  expect(seen.requests.every(({ target, signal }) => target !== '/never' || signal.aborted)).toBe(true);
  return failures.map(({ message }) => message).join();
}

test.each<[string, Uint8Array[], string]>([
  ['a frame that is too short', [Uint8Array.of(0, 0)], 'unknown frame type undefined'],
  ['an unknown type', [Uint8Array.of(0, 0, 0, 1, 99)], 'unknown frame type 99'],
  ['a channel that was never opened', [frame(7, frameTypes.body, 'x')], 'a frame for channel 7, which was never opened'],
  ['data on channel 0', [frame(0, frameTypes.body, 'x')], 'a frame for channel 0, which was never opened'],
  ['a channel opened twice', [openFrame(1, '/never'), openFrame(1, '/never')], 'a channel is opened twice'],
  ['a channel used again', [openFrame(5, '/small', { hasBody: false }), openFrame(4, '/small')], 'channel 4 was opened before'],
  ['too many channels', [1, 2, 3, 4].map((id) => openFrame(id, '/never')), 'more than 3 channels at a time'],
  [
    'opening and resetting in turn',
    [1, 2, 3, 4].flatMap((id) => [openFrame(id, '/deaf'), frame(id, frameTypes.reset, '{"code":"cancelled","message":""}')]),
    'more than 3 channels at a time',
  ],
  ['a head that is no JSON', [encodeFrame(1, frameTypes.open, [text('{')])], 'malformed message on the link'],
  ['a method that is none', [openFrame(1, '/x', { method: 'TRACE' })], 'malformed request on the link'],
  ['a target with a line end', [openFrame(1, '/x\r\nHost: y')], 'malformed request on the link'],
  ['headers that are none', [openFrame(1, '/x', { headers: [['a']] })], 'malformed header list on the link'],
  ['a caller that is none', [openFrame(1, '/x', { caller: { kind: 'root' } })], 'malformed caller on the link'],
  [
    'more body than credit',
    [openFrame(1, '/never'), ...many(5, frame(1, frameTypes.body, chunk))],
    'more data than the channel has credit for',
  ],
  ['an empty data frame', [openFrame(1, '/never'), frame(1, frameTypes.body)], 'a data frame without data'],
  ['a body after its end', [openFrame(1, '/never'), frame(1, frameTypes.bodyEnd), frame(1, frameTypes.body, 'x')], 'a body after its end'],
  [
    'input before the end of the body',
    [openFrame(1, '/never'), frame(1, frameTypes.input, 'x')],
    'input before the end of the body or after its own',
  ],
  ['frames of the other side', [openFrame(1, '/never'), frame(1, frameTypes.output, 'x')], 'frame type 7 is for the other side'],
  [
    'more credit than a channel has',
    [openFrame(1, '/never'), frame(1, frameTypes.credit, encodeCredit(1))],
    'more credit than a channel has',
  ],
  ['more credit than a connection has', [frame(0, frameTypes.credit, encodeCredit(1))], 'more credit than the connection has'],
  ['credit of the wrong size', [frame(0, frameTypes.credit, 'xyz')], 'a credit frame is not 4 bytes long'],
  ['a failure that is none', [openFrame(1, '/never'), frame(1, frameTypes.reset, '{"code":"x"}')], 'malformed failure on the link'],
  ['an oversized data frame', [Uint8Array.of(...frame(1, frameTypes.body, 'x'), ...chunk)], 'a frame of 65537 bytes is too large'],
])('the answering end closes the wire on %s', async (_name, frames, message) => {
  expect(await toAnswering(frames)).toBe(`the peer broke the link's rules: ${message}`);
});

const head = text({ kind: 'plain', status: 200, headers: [] });

test.each<[string, Uint8Array[]]>([
  ['a channel that was never opened', [frame(9, frameTypes.output, 'x')]],
  ['an open of the other side', [openFrame(1, '/x')]],
  ['output before the head', [frame(1, frameTypes.output, 'x')]],
  ['a second head', [frame(1, frameTypes.head, head), frame(1, frameTypes.head, head)]],
  ['output after its end', [frame(1, frameTypes.head, head), frame(1, frameTypes.outputEnd), frame(1, frameTypes.output, 'x')]],
  ['more output than credit', [frame(1, frameTypes.head, head), ...many(5, frame(1, frameTypes.output, chunk))]],
  ['a status that is none', [frame(1, frameTypes.head, text({ kind: 'plain', status: 99, headers: [] }))]],
  ['a body asked for twice', [frame(1, frameTypes.goOn)]],
])('the asking end closes the wire on %s', async (_name, frames) => {
  const wires = opened.use(await wirePair());
  let isClosed = false;
  wires.answering.onClose(() => (isClosed = true));
  wires.answering.onFrame(() => undefined);
  const pending = Promise.withResolvers<never>().promise;
  const request = asked({ method: 'POST', target: '/x', body: { [Symbol.asyncIterator]: () => ({ next: () => pending }) } });
  const response = remoteEngine(wires.asking)(request).catch((thrown: unknown) => thrown);
  for (const one of frames) wires.answering.send(one);
  await until(() => isClosed, 'the wire to be closed');
  const answered = await response;
  if (answered instanceof Error) expect(answered).toMatchObject({ code: 'unavailable', message: 'link lost' });
});

test('what was on its way when a channel ended is dropped', async () => {
  const wires = opened.use(await wirePair());
  const { engine } = caseEngine();
  const answers: number[] = [];
  wires.asking.onFrame((bytes) => void answers.push(bytes[4] ?? 0));
  using served = serveEngineOver(wires.answering, engine, { caller: 'as-told' });
  for (const one of [
    openFrame(1, '/never'),
    frame(1, frameTypes.reset, '{"code":"cancelled","message":"gone"}'),
    frame(1, frameTypes.body, 'late'),
  ]) {
    wires.asking.send(one);
  }
  wires.asking.send(openFrame(2, '/small', { hasBody: false }));
  await until(() => answers.includes(frameTypes.outputEnd), 'the next answer');
  expect(served.channels).toBe(0);
});
