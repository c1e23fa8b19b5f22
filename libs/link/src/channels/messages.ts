import { Failure, failureCodes, type FailureCode } from '@gantry/base';
import type { Caller, EngineRequest, EngineResponse } from '@gantry/engine-api/client';

/** The head of a request on the wire. */
export interface OpenMessage {
  readonly method: EngineRequest['method'];
  readonly target: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly upgrade: EngineRequest['upgrade'];
  readonly caller: Caller;
  /** No body follows: the request has none. Otherwise body frames, then bodyEnd. */
  readonly hasBody: boolean;
}

/** The head of an answer on the wire. */
export type HeadMessage =
  | { readonly kind: 'plain'; readonly status: number; readonly headers: ReadonlyMap<string, string> }
  | { readonly kind: 'hijacked'; readonly headers: ReadonlyMap<string, string> };

const methods: readonly unknown[] = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'] satisfies EngineRequest['method'][];
const upgrades: readonly unknown[] = ['none', 'tcp', 'h2c', 'websocket'] satisfies EngineRequest['upgrade'][];
const codes: readonly unknown[] = failureCodes;

export function encodeOpen(message: OpenMessage): Uint8Array {
  return encode({ ...message, headers: [...message.headers] });
}

export function encodeHead(response: EngineResponse): Uint8Array {
  const headers = new Map(response.headers);
  // The length of a whole body is a fact that HEAD asks for; bytes on the way have none.
  if (response.kind === 'plain' && response.body instanceof Uint8Array && !headers.has('content-length')) {
    headers.set('content-length', String(response.body.length));
  }
  return encode(
    response.kind === 'plain'
      ? { kind: 'plain', status: response.status, headers: [...headers] }
      : { kind: 'hijacked', headers: [...headers] },
  );
}

/** Only code and message cross; causes and details stay where they are. */
export function encodeFailure({ code, message }: Failure): Uint8Array {
  return encode({ code, message: message.slice(0, 4096) });
}

/** Fails with `invalid` where the peer's message is not one. */
export function decodeOpen(payload: Uint8Array): OpenMessage {
  const { method, target, headers, upgrade, caller, hasBody } = decode(payload);
  if (!methods.includes(method) || !upgrades.includes(upgrade)) throw malformed('request');
  if (typeof target !== 'string' || !target.startsWith('/') || /[^\x21-\x7e]/.test(target)) throw malformed('request');
  if (typeof hasBody !== 'boolean') throw malformed('request');
  return { method, upgrade, target, hasBody, headers: headersOf(headers), caller: callerOf(caller) } as OpenMessage;
}

export function decodeHead(payload: Uint8Array): HeadMessage {
  const { kind, status, headers } = decode(payload);
  if (kind === 'hijacked') return { kind, headers: headersOf(headers) };
  if (kind !== 'plain' || !Number.isInteger(status) || (status as number) < 200 || (status as number) > 599) throw malformed('answer');
  return { kind, status: status as number, headers: headersOf(headers) };
}

export function decodeFailure(payload: Uint8Array): Failure {
  const { code, message } = decode(payload);
  if (!codes.includes(code) || typeof message !== 'string') throw malformed('failure');
  return new Failure(code as FailureCode, message);
}

function encode(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function decode(payload: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Answered below.
  }
  throw malformed('message');
}

function headersOf(value: unknown): Map<string, string> {
  if (!Array.isArray(value)) throw malformed('header list');
  for (const pair of value as unknown[]) {
    if (!Array.isArray(pair) || typeof pair[0] !== 'string' || typeof pair[1] !== 'string') throw malformed('header list');
  }
  return new Map(value as [string, string][]);
}

/** Whether to believe it is decided by whoever serves the wire. */
function callerOf(value: unknown): Caller {
  const caller = value as Readonly<Record<string, unknown>> | null | undefined;
  const texts = (...names: string[]): boolean => names.every((name) => typeof caller?.[name] === 'string');
  const isCaller =
    caller?.['kind'] === 'process' ||
    (caller?.['kind'] === 'gantry' && texts('part')) ||
    (caller?.['kind'] === 'person' && texts('id', 'name', 'requestId'));
  if (!isCaller) throw malformed('caller');
  return value as Caller;
}

function malformed(what: string): Failure {
  return new Failure('invalid', `malformed ${what} on the link`);
}
