import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { dockerEngine } from '../proxy/docker-engine.ts';
import { caseEngine, patterned, type Seen } from '../testing/case-engine.ts';
import { RawClient } from '../testing/raw-client.ts';
import { until } from '../testing/transport-cases.ts';
import { serveEngine } from './serve-engine.ts';

const opened = closedAfterEach();

async function attach(
  target: string,
  extra: readonly string[] = [],
  isProxied = false,
): Promise<{ raw: RawClient; seen: Seen; head: Map<string, string> }> {
  const { path: directory } = opened.use(await temporaryDirectory());
  const { engine, seen } = caseEngine();
  const [inner, outer] = [`${directory}/inner.sock`, `${directory}/outer.sock`];
  const versioned = (path: string): string => path.replace(/^\/v1\.\d+/, '');
  opened.use(await serveEngine((request) => engine({ ...request, target: versioned(request.target) }), { path: inner }));
  if (isProxied) opened.use(await serveEngine(dockerEngine({ socketPath: inner }), { path: outer }));
  const raw = opened.use(await RawClient.connect(isProxied ? outer : inner));
  const handshake = [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  await raw.sendHead(`GET ${target} HTTP/1.1`, 'Host: docker', ...handshake, ...extra);
  const answer = await raw.readHead();
  expect(answer.status).toBe(101);
  return { raw, seen, head: new Map(answer.headers) };
}

/** A client's frame, masked as RFC 6455 wants it. */
function frame(first: number, payload: Uint8Array | string): Buffer {
  const bytes = Buffer.from(payload);
  const mask = Buffer.of(1, 2, 3, 4);
  const length = bytes.length < 126 ? Buffer.of(0x80 | bytes.length) : Buffer.of(0x80 | 126, bytes.length >> 8, bytes.length & 0xff);
  return Buffer.concat([Buffer.of(first), length, mask, bytes.map((byte, index) => byte ^ (mask[index & 3] ?? 0))]);
}

/** The next frame from the server. */
async function next(raw: RawClient): Promise<{ opcode: number; payload: Buffer }> {
  const [first = 0, second = 0] = await raw.read(2);
  const length =
    second < 126 ? second : second === 126 ? (await raw.read(2)).readUInt16BE() : Number((await raw.read(8)).readBigUInt64BE());
  return { opcode: first & 0x0f, payload: await raw.read(length) };
}

const text = 0x81;
const binary = 0x82;
const close = Buffer.of(0x03, 0xe8);

describe.each([
  ['a door', false],
  ['a door before a proxy before a door', true],
])('%s', (_name, isProxied) => {
  test('text and binary messages, whole or in parts, are one run of bytes', async () => {
    const { raw, seen, head } = await attach('/attach', [], isProxied);
    expect(head.get('sec-websocket-accept')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    await raw.send(frame(text, 'one '));
    expect(await next(raw)).toEqual({ opcode: 2, payload: Buffer.from('one ') });
    await raw.send(Buffer.concat([frame(0x02, 'tw'), frame(0x89, 'ping'), frame(0x80, 'o')]));
    await until(() => seen.received.get('/attach') === 'one two', 'the input');
  });

  test('a close of the client ends both ways and is answered', async () => {
    const { raw, seen } = await attach('/attach', [], isProxied);
    await raw.send(frame(0x88, close));
    let last = await next(raw);
    while (last.opcode !== 8) last = await next(raw);
    expect(last.payload).toEqual(close);
    await until(() => seen.ended.has('/attach'), 'the end');
    await raw.readToEnd();
  });

  test('the end of the output closes cleanly, a broken output does not', async () => {
    const { raw } = await attach('/sink', [], isProxied);
    expect((await next(raw)).payload.toString()).toBe('ready');
    expect(await next(raw)).toEqual({ opcode: 8, payload: close });
    const broken = await attach('/attach-broken', [], isProxied);
    expect((await next(broken.raw)).payload.toString()).toBe('some');
    if (!isProxied) expect((await broken.raw.readToEnd()).length).toBe(0);
  });

  test('large messages come through', async () => {
    const { raw } = await attach('/attach', [], isProxied);
    const bytes = Buffer.from(patterned(0, 60_000));
    await raw.send(frame(binary, bytes));
    let received = Buffer.alloc(0);
    while (received.length < bytes.length) received = Buffer.concat([received, (await next(raw)).payload]);
    expect(received.equals(bytes)).toBe(true);
  });
});

test('pings are answered with their payload', async () => {
  const { raw } = await attach('/attach');
  await raw.send(frame(0x89, 'are you there'));
  expect(await next(raw)).toEqual({ opcode: 10, payload: Buffer.from('are you there') });
});

test('before API 1.28 output is text', async () => {
  const { raw } = await attach('/v1.27/attach');
  await raw.send(Buffer.concat([frame(text, Buffer.from('ä').subarray(0, 1)), frame(text, Buffer.from('ä').subarray(1))]));
  let received = '';
  while (received === '') {
    const { opcode, payload } = await next(raw);
    expect(opcode).toBe(1);
    received += payload.toString();
  }
  expect(received).toBe('ä');
});

test('a subprotocol that the client offers is taken', async () => {
  const { head } = await attach('/attach', ['Sec-WebSocket-Protocol: channel, other']);
  expect(head.get('sec-websocket-protocol')).toBe('channel');
});

test.each([
  ['an unmasked frame', Buffer.of(0x81, 1, 65)],
  ['a reserved bit', Buffer.concat([Buffer.of(0xc1), frame(text, 'x').subarray(1)])],
  ['an unknown opcode', frame(0x83, 'x')],
  ['a control frame in parts', frame(0x09, 'x')],
  ['a continuation of nothing', frame(0x80, 'x')],
  ['a message inside another', Buffer.concat([frame(0x01, 'x'), frame(0x81, 'y')])],
])('%s is a protocol error', async (_name, bytes) => {
  const { raw, seen } = await attach('/attach');
  await raw.send(bytes);
  let last = await next(raw);
  while (last.opcode !== 8) last = await next(raw);
  expect(last.payload.readUInt16BE()).toBe(1002);
  await until(() => seen.ended.has('/attach'), 'the end');
});
