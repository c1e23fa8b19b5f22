import { randomBytes } from 'node:crypto';
import { Failure } from '@gantry/base';
import { pulledBytes } from '../bytes/pulled-bytes.ts';
import type { Bytes, EngineRequest, EngineResponse } from '../engine.ts';
import { multiplexedStream, rawStream } from '../framing/multiplexed.ts';
import { type BodyFraming, DeclaredBody, declaredFraming } from '../http1/declared-body.ts';
import { endToEnd, parseResponseHead, type ResponseHead, tokens } from '../http1/message-head.ts';
import { requestText } from '../http1/message-text.ts';
import { readHead } from '../http1/read-head.ts';
import { openHijack } from './open-hijack.ts';
import type { OutgoingBody } from './outgoing-body.ts';
import type { Upstream, UpstreamPool } from './upstream.ts';

interface Asked {
  readonly request: EngineRequest;
  readonly body: OutgoingBody;
  readonly pool: UpstreamPool;
}

/** Carries one request over one connection. The connection goes back to the pool after a whole answer, else it is closed. */
export async function askUpstream(upstream: Upstream, asked: Asked): Promise<EngineResponse> {
  const { request, body } = asked;
  const { socket, writer } = upstream;
  const onAbort = (): void => void socket.destroy();
  request.signal.addEventListener('abort', onAbort, { once: true });
  const unlisten = (): void => request.signal.removeEventListener('abort', onAbort);
  socket.once('close', unlisten);
  try {
    await writer.write(requestText(request.method, request.target, headersOf(request, body)));
    const sent = body.send(writer);
    const head = await Promise.race([finalHead(upstream, body), sent.then(forever)]);
    // From now on a body that breaks is seen by the daemon as a cut connection.
    sent.catch(() => socket.destroy());
    const end = (isWhole: boolean): void => {
      socket.off('close', unlisten);
      unlisten();
      body.stop();
      if (isWhole && body.isOut && head.isVersion11 && !tokens(head.headers.get('connection')).includes('close')) asked.pool.give(upstream);
      else socket.destroy();
    };
    return responseOf(upstream, request, { head, end });
  } catch (thrown) {
    socket.destroy();
    throw request.signal.aborted ? new Failure('cancelled', 'the request was aborted', { cause: thrown }) : thrown;
  }
}

const forever = (): Promise<never> => new Promise<never>(() => undefined);

function headersOf(request: EngineRequest, body: OutgoingBody): Map<string, string> {
  const headers = endToEnd(request.headers).set('host', request.headers.get('host') ?? 'docker');
  if (body.framing === 'chunked') headers.set('transfer-encoding', 'chunked');
  if (body.framing === 'length') headers.set('content-length', String(body.declaredBytes));
  if (request.upgrade === 'none') return headers;
  headers.set('connection', 'Upgrade').set('upgrade', request.upgrade);
  if (request.upgrade !== 'websocket') return headers;
  // Extensions are between two ends of one websocket, and we are an end of both.
  headers.delete('sec-websocket-extensions');
  return headers.set('sec-websocket-key', randomBytes(16).toString('base64')).set('sec-websocket-version', '13');
}

async function finalHead(upstream: Upstream, body: OutgoingBody): Promise<ResponseHead> {
  for (;;) {
    const text = await readHead(upstream.reader).catch(closedEarly);
    if (text === undefined) return closedEarly();
    const head = parseResponseHead(text);
    if (head.status === 100) body.goOn();
    if (head.status >= 200 || head.status === 101) return head;
  }
}

/** What the daemon said was no HTTP (kept as it is), or it went away. */
function closedEarly(cause?: unknown): never {
  const failure = Failure.from(cause);
  if (failure.details['status'] !== undefined) throw failure;
  throw new Failure('unavailable', 'the Docker daemon closed the connection before it answered', { cause, details: { status: 502 } });
}

function responseOf(
  upstream: Upstream,
  request: EngineRequest,
  { head, end }: { head: ResponseHead; end: (isWhole: boolean) => void },
): EngineResponse {
  const headers = endToEnd(head.headers);
  if (head.status === 101 || isRaw(head)) return { kind: 'hijacked', headers, open: openHijack(upstream, request, end) };
  const framing = framingOf(request, head);
  if (framing.kind === 'none') {
    end(true);
    return { kind: 'plain', status: head.status, headers, body: new Uint8Array() };
  }
  return { kind: 'plain', status: head.status, headers, body: bodyOf(new DeclaredBody(upstream.reader, framing), end) };
}

/** A daemon that was not offered an upgrade says 200 and goes raw, without length and chunks. */
function isRaw({ status, headers }: ResponseHead): boolean {
  const type = headers.get('content-type');
  return (
    status === 200 &&
    !headers.has('content-length') &&
    !headers.has('transfer-encoding') &&
    (type === rawStream || type === multiplexedStream)
  );
}

function framingOf({ method }: EngineRequest, head: ResponseHead): BodyFraming {
  if (method === 'HEAD' || head.status === 204 || head.status === 304) return { kind: 'none' };
  const isDeclared = head.headers.has('content-length') || head.headers.has('transfer-encoding');
  return isDeclared ? declaredFraming(head) : { kind: 'close' };
}

/** The answer's body; the connection is given back at its end, and closed when it breaks or nobody wants more. */
function bodyOf(body: DeclaredBody, end: (isWhole: boolean) => void): Bytes {
  const iterator = body.bytes[Symbol.asyncIterator]();
  return pulledBytes(
    async () => {
      try {
        const next = await iterator.next();
        if (next.done) end(true);
        return next.done ? undefined : next.value;
      } catch (thrown) {
        end(false);
        throw new Failure('unavailable', 'the Docker daemon broke off its answer', { cause: thrown });
      }
    },
    () => end(false),
  );
}
