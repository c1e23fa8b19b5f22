import { Failure } from '@gantry/base';
import type { z } from 'zod';
import type { EngineRequest } from './engine.ts';
import { type Filters, parseFilters } from './filters.ts';
import { decodeGo } from './go-decode.ts';
import { parseGoJson } from './go-json.ts';
import { type ParsedQuery, parseQuery, readQuery } from './go-query.ts';
import { wrongContentType } from './messages.ts';
import type { Match } from './routes/match-route.ts';
import type { Route, RouteName, RowOf } from './routes/routes.ts';
import type { ApiVersion } from './versions/api-version.ts';

export type QueryOf<N extends RouteName> = ParsedQuery<RowOf<N>['query']>;
export type BodyOf<N extends RouteName> = RowOf<N>['body'] extends z.ZodType ? z.output<RowOf<N>['body']> : undefined;

/** One request, read by its row. */
export interface Call<N extends RouteName = RouteName> {
  readonly route: Route;
  /** The negotiated version: `call.version.atLeast('1.44')`. */
  readonly version: ApiVersion;
  /** Parameters of the path, decoded once; names of images hold slashes. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: QueryOf<N>;
  readonly request: EngineRequest;
  /** Aborts when the caller is gone; on a row with onDisconnect 'finish' not after `beginEffect()`. */
  readonly signal: AbortSignal;
  /** The parameter of the path that names the object (`id`, `name`). */
  readonly id: string;
  /** The parameter `filters`, in either of its forms. Fails with `invalid` for a key that the row does not know. */
  filters(): Filters;
  /** The JSON body by Go's rules; an absent body is `{}`. Fails with `invalid`. */
  json(): Promise<BodyOf<N>>;
  /** Says that the first effect follows: from here on the caller's going away changes nothing. */
  beginEffect(): void;
}

/** The largest JSON body of a request. */
export const largestJsonBytes = 8 * 1024 * 1024;

/** Reads a request by its row: fails with `invalid` where the query is wrong. The body is read when the handler asks for it. */
export function readCall<N extends RouteName>(match: Match, request: EngineRequest, version: ApiVersion): Call<N> {
  const { route, path } = match;
  const query = readQuery(route.query, parseQuery(match.query));
  const life = lifeOf(route, request.signal);
  return {
    route,
    version,
    path,
    id: path['id'] ?? path['name'] ?? '',
    query: query,
    request,
    signal: life.signal,
    beginEffect: life.beginEffect,
    filters: () => parseFilters((query['filters'] as string | undefined) ?? '', route.filters),
    json: async () => (await readJson(route, request)) as BodyOf<N>,
  };
}

function lifeOf(route: Route, outer: AbortSignal): { signal: AbortSignal; beginEffect: () => void } {
  if (route.onDisconnect === 'cancel') return { signal: outer, beginEffect: () => undefined };
  const own = new AbortController();
  const follow = (): void => own.abort(outer.reason);
  if (outer.aborted) follow();
  else outer.addEventListener('abort', follow, { once: true });
  return { signal: own.signal, beginEffect: () => outer.removeEventListener('abort', follow) };
}

async function readJson(route: Route, request: EngineRequest): Promise<unknown> {
  const type = request.headers.get('content-type') ?? '';
  const text = await readText(request);
  if (type === '' ? text !== '' : !isJson(type)) throw new Failure('invalid', wrongContentType(type));
  if (text === '' || route.body === undefined) return {};
  return decodeGo(route.body, parseGoJson(text));
}

const isJson = (type: string): boolean => type.split(';', 1)[0]?.trim().toLowerCase() === 'application/json';

async function readText(request: EngineRequest): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.body) {
    sizeBytes += chunk.length;
    if (sizeBytes > largestJsonBytes) throw new Failure('invalid', `request body is larger than ${largestJsonBytes} bytes`);
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
