import { Failure } from '@gantry/base';
import type { Bytes, PlainResponse } from '../engine.ts';
import { chunkParts, lastChunk, responseText } from '../http1/message-text.ts';
import type { Exchange } from './exchange.ts';
import { writeAll } from './write-all.ts';

type Answered = Pick<Exchange, 'connection' | 'isVersion11' | 'mustClose' | 'cut'> &
  Partial<Pick<Exchange, 'request' | 'body' | 'hasAnswered'>>;

const largestCopiedBytes = 65_536;

/** How the body of an answer is written. */
type Framing =
  { kind: 'none' } | { kind: 'whole'; body: Uint8Array } | { kind: 'length'; bytes: number } | { kind: 'chunked' } | { kind: 'close' };

/** Writes a plain answer. Rejects where it could not be written whole: the connection must then be cut. */
export async function sendPlain(exchange: Answered, response: PlainResponse): Promise<void> {
  const { status, headers, body } = response;
  const isBodiless = exchange.request?.method === 'HEAD' || status === 204 || status === 304;
  const framing = framingOf(exchange, headers, isBodiless ? undefined : body);
  if (exchange.body?.isUnasked || framing.kind === 'close') exchange.mustClose = true;
  const head = responseText(status, headFields(exchange, response, framing));
  exchange.hasAnswered = true;
  const { writer } = exchange.connection;
  if (framing.kind === 'whole') return writer.write(...inOnePiece(head, framing.body));
  await writer.write(head);
  if (framing.kind === 'none' || body instanceof Uint8Array) return;
  await Promise.race([pump(exchange, body, framing), exchange.cut]);
}

/** A small answer is one piece: to copy it costs less than it does to hand the kernel two. */
function inOnePiece(head: string, body: Uint8Array): readonly (Uint8Array | string)[] {
  if (body.length > largestCopiedBytes) return [head, body];
  const piece = Buffer.allocUnsafe(head.length + body.length);
  piece.write(head, 'latin1');
  piece.set(body, head.length);
  return [piece];
}

function framingOf(exchange: Answered, headers: PlainResponse['headers'], body: PlainResponse['body'] | undefined): Framing {
  if (body === undefined) return { kind: 'none' };
  if (body instanceof Uint8Array) return { kind: 'whole', body };
  const length = headers.get('content-length');
  if (length !== undefined && /^\d{1,15}$/.test(length)) return { kind: 'length', bytes: Number(length) };
  return exchange.isVersion11 ? { kind: 'chunked' } : { kind: 'close' };
}

function headFields(exchange: Answered, { status, headers, body }: PlainResponse, framing: Framing): Map<string, string> {
  const fields = new Map(headers);
  fields.delete('connection');
  fields.delete('transfer-encoding');
  if (body instanceof Uint8Array && (framing.kind === 'whole' || !fields.has('content-length')))
    fields.set('content-length', String(body.length));
  if (status === 204 || status === 304 || framing.kind === 'chunked') fields.delete('content-length');
  if (framing.kind === 'chunked') fields.set('transfer-encoding', 'chunked');
  if (!fields.has('date')) fields.set('date', httpDate());
  if (exchange.mustClose) fields.set('connection', 'close');
  return fields;
}

/** Writes the body as it comes; where it is not as long as its head says, the answer must not look whole. */
async function pump({ connection, cut }: Answered, body: Bytes, framing: Framing): Promise<void> {
  const { writer } = connection;
  const declaredBytes = framing.kind === 'length' ? framing.bytes : Number.POSITIVE_INFINITY;
  let sentBytes = 0;
  const write = (chunk: Uint8Array): Promise<void> => {
    sentBytes += chunk.length;
    if (sentBytes > declaredBytes) throw wrongLength(sentBytes, declaredBytes);
    return framing.kind === 'chunked' ? writer.write(...chunkParts(chunk)) : writer.write(chunk);
  };
  await writeAll(write, body, cut);
  if (framing.kind === 'length' && sentBytes !== declaredBytes) throw wrongLength(sentBytes, declaredBytes);
  if (framing.kind === 'chunked') await writer.write(lastChunk);
}

function wrongLength(sentBytes: number, declaredBytes: number): Failure {
  return new Failure('internal', `the body has ${sentBytes} bytes or more, its head says ${declaredBytes}`);
}

let date = { text: '', second: 0 };

function httpDate(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== date.second) date = { text: new Date(second * 1000).toUTCString(), second };
  return date.text;
}
