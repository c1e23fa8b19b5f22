import { getCACertificates } from 'node:tls';
import { Failure } from '@gantry/base';
import { io, type Socket } from 'socket.io-client';
import type * as z from 'zod/mini';
import { agentNamespace, openAnswer, parseMessage } from './messages.ts';

/** Whom a connection trusts: the certificates of the system, one given authority (PEM), or anybody (nothing secret may be sent then). */
export type Trust = { readonly kind: 'system' } | { readonly kind: 'ca'; readonly pem: string } | { readonly kind: 'anybody' };

const answerLimitMs = 10_000;

/** One connection of an agent to the server, without reconnection: what is sent while it is down is not sent. */
export class DialledSocket implements Disposable {
  readonly socket: Socket;
  readonly #closed = new AbortController();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('disconnect', (reason) => this.#closed.abort(new Failure('unavailable', `link lost: ${reason}`)));
  }

  /** Connects; `unavailable` with what the network or TLS said, and `details.isUntrusted` where the certificate was the trouble. */
  static open(url: string, trust: Trust, signal: AbortSignal): Promise<DialledSocket> {
    signal.throwIfAborted();
    const socket = io(new URL(agentNamespace, url).href, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      timeout: answerLimitMs,
      rejectUnauthorized: trust.kind !== 'anybody',
      ...(url.startsWith('https:') ? { ca: authorities(trust) } : {}),
    } as Parameters<typeof io>[1]);
    const connected = Promise.withResolvers<DialledSocket>();
    const give = (failure: Failure): void => {
      socket.disconnect();
      connected.reject(failure);
    };
    const cancel = (): void => give(new Failure('cancelled', 'connecting was cancelled'));
    signal.addEventListener('abort', cancel, { once: true });
    socket.once('connect', () => connected.resolve(new DialledSocket(socket)));
    socket.once('connect_error', (error) => give(describe(url, error)));
    return connected.promise.finally(() => signal.removeEventListener('abort', cancel));
  }

  /** Aborts when the connection is gone. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Asks and waits for the answer, parsed by its schema; throws the failure that it carries, `unavailable` where none comes. */
  async call<T extends z.ZodMiniType>(event: string, message: unknown, schema: T): Promise<z.infer<T>> {
    let answer: unknown;
    try {
      answer = await this.socket.timeout(answerLimitMs).emitWithAck(event, message);
    } catch (cause) {
      throw new Failure('unavailable', `no answer to ${event} from the server`, { cause });
    }
    return parseMessage(schema, `answer to ${event}`, openAnswer(answer));
  }

  [Symbol.dispose](): void {
    this.socket.disconnect();
  }
}

function authorities(trust: Trust): string[] | undefined {
  switch (trust.kind) {
    case 'ca':
      return [trust.pem];
    case 'system':
      return [...new Set((['bundled', 'extra', 'system'] as const).flatMap((kind) => getCACertificates(kind)))];
    case 'anybody':
      return undefined;
  }
}

function describe(url: string, error: Error & { description?: unknown }): Failure {
  const { description } = error;
  const event = description as { error?: NodeJS.ErrnoException; message?: string } | undefined;
  const cause = event?.error;
  const words = cause?.message ?? event?.message ?? error.message;
  const isUntrusted = /CERT|ALTNAME|SIGNATURE|ISSUER/.test(cause?.code ?? '');
  return new Failure('unavailable', `cannot connect to ${url}: ${words}`, { cause: error, details: { isUntrusted } });
}
