import { Failure, type FailureCode } from '@gantry/base';
import { noBytes } from '../bytes/pulled-bytes.ts';
import type { Bytes, Caller, Engine, EngineRequest, EngineResponse, HijackedResponse, PlainResponse } from '../engine.ts';
import type { QueryKind } from '../routes/route.ts';
import type { RouteName, RowOf } from '../routes/routes.ts';
import { routePaths } from './route-paths.ts';

interface QueryValues {
  flag: boolean;
  'flag-on': boolean;
  text: string;
  texts: readonly string[];
  integer: number;
  filters: Readonly<Record<string, readonly string[]>>;
}

/** The query of a route as a caller writes it; what is left out is not sent. */
export type QueryInput<N extends RouteName> = {
  readonly [Name in keyof RowOf<N>['query']]?: RowOf<N>['query'][Name] extends QueryKind
    ? QueryValues[RowOf<N>['query'][Name]] | undefined
    : never;
};

export interface CallInput<N extends RouteName> {
  /** The path's parameters, not encoded; `{name*}` may hold slashes. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: QueryInput<N>;
  /** A value is sent as JSON, bytes are sent as they are (as a tar unless `headers` says otherwise). */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer below 400. Read it once: by `bytes`, `text` or `json`. */
export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Bytes;
  text(): Promise<string>;
  /** Undefined where there is no body. The caller knows the shape: it is the row's. */
  json<Value>(): Promise<Value>;
}

export interface EngineClient {
  /**
   * Asks and waits for the head. An answer of 400 and above is thrown: its message, the code nearest to its status, the status in `details.status`.
   * Aborting the signal ends the request, and later the body, with `cancelled`.
   */
  call<N extends RouteName>(route: N, input?: CallInput<N>, signal?: AbortSignal): Promise<Answer>;
  /** The same for rows that answer with raw bytes both ways. Call `open` of what comes back once. */
  open<N extends RouteName>(route: N, input?: CallInput<N>, signal?: AbortSignal): Promise<HijackedResponse>;
}

export interface ClientOptions {
  /** As `1.51`; without it paths carry no version and the engine takes its newest. */
  readonly version?: string;
  readonly caller?: Caller;
  /** In front of every path, as `/engine/<host>`. */
  readonly prefix?: string;
}

/** A client for any engine, by the names of the route table. */
export function engineClient(engine: Engine, options: ClientOptions = {}): EngineClient {
  const ask = async (asked: Asked, signal: AbortSignal | undefined): Promise<EngineResponse> => {
    const response = await engine({ ...asked, signal: signal ?? new AbortController().signal });
    if (response.kind === 'plain' && response.status >= 400) throw await failureOf(response);
    return response;
  };
  return {
    async call(route, input = {}, signal) {
      const response = await ask(requestOf(route, input, options), signal);
      if (response.kind === 'hijacked') throw new Failure('internal', `${route} answers with raw bytes: use open`);
      return answerOf(response);
    },
    async open(route, input = {}, signal) {
      const response = await ask({ ...requestOf(route, input, options), upgrade: 'tcp' }, signal);
      if (response.kind === 'plain') throw new Failure('internal', `${route} does not answer with raw bytes`);
      return response;
    },
  };
}

type Asked = Omit<EngineRequest, 'signal'>;

function requestOf<N extends RouteName>(route: N, input: CallInput<N>, options: ClientOptions): Asked {
  const { version, caller = { kind: 'gantry', part: 'client' }, prefix = '' } = options;
  const [method, pattern] = routePaths[route].split(' ') as [EngineRequest['method'], string];
  const isVersioned = version !== undefined && !pattern.startsWith('/gantry/');
  const path = fill(pattern, input.path ?? {});
  const target = `${prefix}${isVersioned ? `/v${version}` : ''}${path}${queryText(input.query ?? {})}`;
  const { body, headers } = bodyOf(input);
  return { method, target, headers, body, caller, upgrade: 'none' };
}

function fill(pattern: string, values: Readonly<Record<string, string>>): string {
  return pattern.replace(/\{(\w+)(\*?)\}/g, (_all, name: string, star: string) => {
    const value = values[name];
    if (value === undefined || value === '') throw new Failure('invalid', `the path ${pattern} needs ${name}`);
    return star ? value.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(value);
  });
}

type QueryValue = QueryValues[QueryKind] | undefined;

function queryText(query: Readonly<Record<string, QueryValue>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    if (typeof value === 'boolean') parameters.append(name, value ? '1' : '0');
    else if (typeof value !== 'object') parameters.append(name, String(value));
    else if (isList(value)) for (const item of value) parameters.append(name, item);
    else parameters.append(name, JSON.stringify(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

function isList(value: readonly string[] | QueryValues['filters']): value is readonly string[] {
  return Array.isArray(value);
}

function bodyOf({ body, headers = {} }: { body?: object; headers?: Readonly<Record<string, string>> }): {
  body: Bytes;
  headers: Map<string, string>;
} {
  if (body === undefined) return { body: noBytes, headers: new Map(Object.entries(headers)) };
  if (Symbol.asyncIterator in body) {
    return { body: body as Bytes, headers: new Map(Object.entries({ 'content-type': 'application/x-tar', ...headers })) };
  }
  const isRaw = body instanceof Uint8Array;
  const whole = isRaw ? body : new TextEncoder().encode(JSON.stringify(body));
  const own = { 'content-type': isRaw ? 'application/x-tar' : 'application/json', 'content-length': String(whole.length) };
  return { body: chunks(whole), headers: new Map(Object.entries({ ...own, ...headers })) };
}

/** Who reads a chunk owns it, but not the memory of a body that the caller may send again: parts of a large one are seen to be no more than that. */
async function* chunks(body: Uint8Array): Bytes {
  const whole = body.length > 65_536 ? body : body.slice();
  for (let start = 0; start < whole.length; start += 65_536) yield await Promise.resolve(whole.subarray(start, start + 65_536));
}

function answerOf({ status, headers, body }: PlainResponse): Answer {
  const bytes = body instanceof Uint8Array ? chunks(body) : body;
  const text = (): Promise<string> => (body instanceof Uint8Array ? Promise.resolve(new TextDecoder().decode(body)) : textOf(body));
  return { status, headers, bytes, text, json: async <Value>() => parsed(await text()) as Value };
}

async function textOf(bytes: Bytes): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of bytes) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure('internal', `the engine's answer is no JSON: ${text.slice(0, 100)}`, { cause });
  }
}

const codes: Readonly<Record<number, FailureCode>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  429: 'exhausted',
  499: 'cancelled',
  501: 'unsupported',
  503: 'unavailable',
  507: 'exhausted',
};

async function failureOf(response: PlainResponse): Promise<Failure> {
  const text = await answerOf(response).text();
  const code = codes[response.status] ?? (response.status < 500 ? 'invalid' : 'internal');
  return new Failure(code, messageIn(text) ?? (text.trim() || `the engine answered ${response.status}`), {
    details: { status: response.status },
  });
}

function messageIn(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string'
      ? value.message
      : undefined;
  } catch {
    return undefined;
  }
}
