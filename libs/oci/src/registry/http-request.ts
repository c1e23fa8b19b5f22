import { type Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { type Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { SecureContext } from 'node:tls';
import { Failure } from '@gantry/base';
import { guardedLookup, refuseForbiddenAddress } from './forbidden-addresses.ts';

/** Whom to believe on a TLS connection. */
export interface Trust {
  /** Made once per registry, since reading hundreds of certificates takes its time; none: Node's own. */
  readonly secureContext?: SecureContext;
  /** The certificate is not looked at: registries that are configured as insecure. */
  readonly isUnchecked: boolean;
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly trust: Trust;
  readonly agents: { readonly http: HttpAgent; readonly https: HttpsAgent };
  /** An address that a stranger named (redirect, token service): it may not lead to link-local addresses, where clouds keep credentials. */
  readonly isForeign: boolean;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** To be read or destroyed. */
  readonly body: IncomingMessage;
  readonly url: URL;
}

/** A connection on which nothing moves for so long is given up. */
const idleMs = 30_000;

/** One request, nothing followed. Fails with `unavailable` in the words of Go's client (clients of Docker know them), `cancelled` when aborted. */
export function send(url: URL, options: HttpRequest): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const { trust, agents, signal } = options;
  if (options.isForeign) refuseForbiddenAddress(url.hostname);
  const common = {
    method: options.method,
    headers: options.headers,
    signal,
    timeout: idleMs,
    ...(options.isForeign ? { lookup: guardedLookup } : {}),
  };
  const request =
    url.protocol === 'https:'
      ? requestHttps(url, {
          ...common,
          agent: agents.https,
          rejectUnauthorized: !trust.isUnchecked,
          ...(trust.secureContext === undefined ? {} : { secureContext: trust.secureContext }),
        })
      : requestHttp(url, { ...common, agent: agents.http });
  request.on('timeout', () => request.destroy(Object.assign(new Error('nothing was received for 30 seconds'), { code: 'ETIMEDOUT' })));
  request.on('error', (cause) => reject(signal.aborted ? cancelled(signal) : connectionFailure(options.method, url, cause)));
  request.on('response', (body) => resolve({ status: body.statusCode ?? 0, headers: body.headers, body, url }));
  request.end(options.body);
  return promise;
}

export function cancelled(signal: AbortSignal): Failure {
  return new Failure('cancelled', 'context canceled', { cause: signal.reason });
}

interface ConnectionError extends Error {
  readonly code?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

/** `Get "http://127.0.0.1:5000/v2/": dial tcp 127.0.0.1:5000: connect: connection refused` */
function connectionFailure(method: string, url: URL, cause: ConnectionError): Failure {
  const verb = method.slice(0, 1) + method.slice(1).toLowerCase();
  const errno = cause.code ?? errnoOfFirst(cause);
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const address = cause.address === undefined ? `${url.hostname}:${port}` : `${cause.address}:${cause.port ?? port}`;
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: `dial tcp ${address}: connect: connection refused`,
    ENOTFOUND: `dial tcp: lookup ${url.hostname}: no such host`,
    EAI_AGAIN: `dial tcp: lookup ${url.hostname}: server misbehaving`,
    EHOSTUNREACH: `dial tcp ${address}: connect: no route to host`,
    ENETUNREACH: `dial tcp ${address}: connect: network is unreachable`,
    ETIMEDOUT: `dial tcp ${address}: i/o timeout`,
    ECONNRESET: 'EOF',
    EPROTO: 'http: server gave HTTP response to HTTPS client',
    ERR_SSL_WRONG_VERSION_NUMBER: 'http: server gave HTTP response to HTTPS client',
    ERR_SSL_PACKET_LENGTH_TOO_LONG: 'http: server gave HTTP response to HTTPS client',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'x509: certificate signed by unknown authority',
    SELF_SIGNED_CERT_IN_CHAIN: 'x509: certificate signed by unknown authority',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'x509: certificate signed by unknown authority',
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'x509: certificate signed by unknown authority',
    CERT_HAS_EXPIRED: 'x509: certificate has expired or is not yet valid',
    ERR_TLS_CERT_ALTNAME_INVALID: `x509: certificate is not valid for ${url.hostname}`,
  };
  const why = (errno === undefined ? undefined : words[errno]) ?? cause.message;
  return new Failure('unavailable', `${verb} "${url.href}": ${why}`, { cause, details: { errno } });
}

/** A name with several addresses fails with all of their errors. */
function errnoOfFirst(cause: Error): string | undefined {
  const inner: unknown = cause instanceof AggregateError ? cause.errors[0] : cause.cause;
  return inner instanceof Error && 'code' in inner && typeof inner.code === 'string' ? inner.code : undefined;
}

/** The whole body, up to a limit. Fails with `invalid` beyond it. */
export async function readBody({ body, url }: HttpAnswer, mostBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      sizeBytes += chunk.length;
      if (sizeBytes > mostBytes) throw new Failure('invalid', `the answer of ${url.host} is longer than ${mostBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure('unavailable', `Get "${url.href}": unexpected EOF`, { cause });
  }
  return Buffer.concat(chunks);
}
