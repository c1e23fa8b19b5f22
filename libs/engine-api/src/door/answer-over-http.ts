import type { IncomingMessage, ServerResponse } from 'node:http';
import { Failure } from '@gantry/base';
import { noBytes, pulledBytes } from '../bytes/pulled-bytes.ts';
import type { Bytes, EngineRequest, EngineResponse, PlainResponse } from '../engine.ts';
import { failureStatus } from '../failure-status.ts';
import { declaredFraming } from '../http1/declared-body.ts';
import { endToEnd, type RequestHead } from '../http1/message-head.ts';
import { refused } from '../http1/refused.ts';
import { pageNotFound } from '../messages.ts';
import { json } from '../replies.ts';
import { defaultDrainTimeoutMs, type DispatcherOptions } from './admission.ts';
import { isEngineMethod } from './serve-exchange.ts';
import { writeAll } from './write-all.ts';

interface HttpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits for 100-continue. */
  readonly isAwaited: boolean;
}

/** The head that Node has parsed, as our own parser would have it. */
export function headOf({ method = 'GET', url = '/', httpVersion, headersDistinct }: IncomingMessage): RequestHead {
  const headers = new Map<string, string>();
  for (const [name, values = []] of Object.entries(headersDistinct)) headers.set(name, values.join(name === 'cookie' ? '; ' : ', '));
  return { method, target: url, isVersion11: httpVersion === '1.1', headers };
}

/** Answers a request that Node's server has parsed already: a connection that carries requests for others too. */
export async function answerOverHttp(exchange: HttpExchange, options: DispatcherOptions): Promise<void> {
  const { request, response } = exchange;
  const abort = new AbortController();
  const gone = Promise.withResolvers<never>();
  gone.promise.catch(() => undefined);
  response.on('close', () => {
    if (response.writableFinished) return;
    const failure = new Failure('cancelled', 'the client went away');
    abort.abort(failure);
    gone.reject(failure);
  });
  try {
    const answer = await ask(exchange, options, abort.signal);
    await send(answer, response, gone.promise);
  } catch (thrown) {
    const failure = Failure.from(thrown);
    if (failure.code !== 'cancelled') options.onFailure?.(failure, { ...offeredOf(headOf(request)), upgrade: 'none' });
    if (response.headersSent || response.destroyed) response.destroy();
    else await send(json(statusOf(failure), { message: failure.message }), response, gone.promise);
  } finally {
    cutUnread(request, options);
  }
}

/** What is still to come of the body of an answered request is not waited for long. */
function cutUnread(request: IncomingMessage, { drainTimeoutMs = defaultDrainTimeoutMs }: DispatcherOptions): void {
  if (request.complete || request.destroyed) return;
  const timer = setTimeout(() => request.complete || request.socket.destroy(), drainTimeoutMs);
  request.once('close', () => clearTimeout(timer));
}

function statusOf({ code, details: { status } }: Failure): number {
  return typeof status === 'number' ? status : failureStatus[code];
}

function offeredOf(head: RequestHead): Pick<EngineRequest, 'method' | 'target' | 'headers'> {
  const { method, target } = head;
  return { method: isEngineMethod(method) ? method : 'GET', target, headers: endToEnd(head.headers) };
}

async function ask(exchange: HttpExchange, options: DispatcherOptions, signal: AbortSignal): Promise<PlainResponse> {
  const { request } = exchange;
  const head = headOf(request);
  if (!isEngineMethod(head.method)) return json(404, { message: pageNotFound });
  const offered = { ...offeredOf(head), upgrade: 'none' } as const;
  const admission = await options.admit(offered, request.socket);
  if ('kind' in admission) return admission;
  const { engine, caller, target = offered.target } = admission;
  const body = bodyOf(exchange, head, options.bodyTimeoutMs);
  const answer: EngineResponse = await engine({ ...offered, target, caller, signal, body });
  if (answer.kind === 'plain') return answer;
  return json(426, { message: 'raw bytes need Upgrade: tcp or a connection that has carried nothing else' }, { upgrade: 'tcp' });
}

function bodyOf({ request, response, isAwaited }: HttpExchange, head: RequestHead, idleTimeoutMs?: number): Bytes {
  if (declaredFraming(head).kind === 'none') return noBytes;
  const iterator = request[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let mustAsk = isAwaited;
  return pulledBytes(async () => {
    if (mustAsk && !response.headersSent) response.writeContinue();
    mustAsk = false;
    const late = Promise.withResolvers<never>();
    const words = `the body was waited for ${idleTimeoutMs ?? 0} ms`;
    const limit = idleTimeoutMs === undefined ? undefined : setTimeout(() => late.reject(refused(408, words)), idleTimeoutMs);
    try {
      const next = await Promise.race([iterator.next(), late.promise]);
      return next.done ? undefined : next.value;
    } finally {
      clearTimeout(limit);
    }
  });
}

async function send({ status, headers, body }: PlainResponse, response: ServerResponse, gone: Promise<never>): Promise<void> {
  const isBodiless = response.req.method === 'HEAD' || status === 204 || status === 304;
  const fields = Object.fromEntries(headers);
  if (body instanceof Uint8Array && !isBodiless) fields['content-length'] = String(body.length);
  response.writeHead(status, fields);
  if (body instanceof Uint8Array || isBodiless) {
    response.end(isBodiless ? undefined : body);
    return;
  }
  response.flushHeaders();
  const write = (chunk: Uint8Array): Promise<void> =>
    response.write(chunk) ? Promise.resolve() : new Promise((resolve) => response.once('drain', resolve));
  await Promise.race([writeAll(write, body, gone), gone]);
  response.end();
}
