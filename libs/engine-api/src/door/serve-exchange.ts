import { Failure } from '@gantry/base';
import type { EngineRequest, EngineResponse, PlainResponse } from '../engine.ts';
import { leaveUnread } from '../bytes/pulled-bytes.ts';
import { failureStatus } from '../failure-status.ts';
import { DeclaredBody, declaredFraming } from '../http1/declared-body.ts';
import { endToEnd, type RequestHead, tokens } from '../http1/message-head.ts';
import { refused } from '../http1/refused.ts';
import { pageNotFound } from '../messages.ts';
import { json } from '../replies.ts';
import { defaultDrainTimeoutMs } from './admission.ts';
import type { ClientConnection, Exchange } from './exchange.ts';
import { offeredUpgrade } from './offered-upgrade.ts';
import { sendHijacked } from './send-hijacked.ts';
import { sendPlain } from './send-plain.ts';

const methods: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'] satisfies EngineRequest['method'][];
/** How much of a body that nobody read is read off so that the connection can go on. */
const largestDrainBytes = 262_144;

/** Answers one request; true where the connection can carry another. Rejects where the connection has to be cut. */
export async function serveExchange(connection: ClientConnection, head: RequestHead): Promise<boolean> {
  const abort = new AbortController();
  const { promise: cut, reject } = Promise.withResolvers<never>();
  cut.catch(() => undefined);
  let exchange: Exchange | undefined;
  try {
    exchange = openExchange(connection, head, { signal: abort.signal, cut });
    connection.onCut = (failure) => {
      reject(failure);
      abort.abort(failure);
    };
    return await answer(exchange);
  } catch (thrown) {
    abort.abort(thrown);
    if (exchange?.hasAnswered || connection.socket.destroyed) throw thrown;
    await answerRefusal(connection, thrown);
    return false;
  } finally {
    connection.onCut = undefined;
  }
}

function openExchange(
  connection: ClientConnection,
  head: RequestHead,
  { signal, cut }: { signal: AbortSignal; cut: Promise<never> },
): Exchange {
  const framing = declaredFraming(head);
  const expected = head.headers.get('expect');
  if (expected !== undefined && expected.toLowerCase() !== '100-continue') throw refused(417, `cannot meet expectation ${expected}`);
  const isAwaited = expected !== undefined && head.isVersion11;
  const beforeFirstPull = isAwaited ? () => askForBody(exchange) : undefined;
  const body = new DeclaredBody(connection.reader, framing, { beforeFirstPull, idleTimeoutMs: connection.options.bodyTimeoutMs });
  const { method, target } = head;
  if (!isEngineMethod(method)) throw refused(404, pageNotFound);
  const upgrade = offeredUpgrade(method, head.headers);
  const request: EngineRequest = {
    ...{ method, target, headers: endToEnd(head.headers), upgrade, signal },
    body: body.bytes,
    caller: { kind: 'process' },
  };
  const mustClose = !head.isVersion11 || tokens(head.headers.get('connection')).includes('close');
  const exchange: Exchange = { connection, request, body, mustClose, isVersion11: head.isVersion11, cut, hasAnswered: false };
  return exchange;
}

export function isEngineMethod(method: string): method is EngineRequest['method'] {
  return methods.includes(method);
}

async function askForBody({ connection, hasAnswered }: Exchange): Promise<void> {
  if (!hasAnswered) await connection.writer.write('HTTP/1.1 100 Continue\r\n\r\n');
}

async function answer(exchange: Exchange): Promise<boolean> {
  const { connection, body } = exchange;
  const response = await respond(exchange);
  if (connection.socket.destroyed) {
    release(response);
    return false;
  }
  try {
    if (response.kind === 'hijacked') {
      await sendHijacked(exchange, response);
      return false;
    }
    await sendPlain(exchange, response);
  } catch (thrown) {
    report(exchange, thrown);
    throw thrown;
  }
  const { drainTimeoutMs = defaultDrainTimeoutMs } = connection.options;
  return !exchange.mustClose && (await body.drain(largestDrainBytes, drainTimeoutMs));
}

async function respond(exchange: Exchange): Promise<EngineResponse> {
  const { connection, request } = exchange;
  try {
    const admission = await connection.options.admit(request, connection.socket);
    if ('kind' in admission) return admission;
    const { engine, caller, target = request.target } = admission;
    return await engine({ ...request, caller, target });
  } catch (thrown) {
    report(exchange, thrown);
    throw thrown;
  }
}

/** An answer that nobody is there for: what it holds open is told to stop. */
function release(response: EngineResponse): void {
  if (response.kind === 'hijacked' || response.body instanceof Uint8Array) return;
  leaveUnread(response.body);
}

function report({ connection, request }: Exchange, thrown: unknown): void {
  const failure = Failure.from(thrown);
  if (failure.code !== 'cancelled' && failure.details['status'] === undefined) connection.options.onFailure?.(failure, request);
}

const never = new Promise<never>(() => undefined);

/** Says in a last answer why the connection ends. */
export async function answerRefusal(connection: ClientConnection, thrown: unknown): Promise<void> {
  const failure = Failure.from(thrown);
  const status = failure.details['status'];
  const response: PlainResponse = json(typeof status === 'number' ? status : failureStatus[failure.code], { message: failure.message });
  if (connection.socket.writable) await sendPlain({ connection, mustClose: true, isVersion11: true, cut: never }, response);
}
