import { Failure } from '@gantry/base';
import { type Call, readCall } from './call.ts';
import type { Engine, EngineRequest, EngineResponse } from './engine.ts';
import { statusOf } from './failure-status.ts';
import { needsNewerApi, notImplemented, pageNotFound } from './messages.ts';
import { empty, json } from './replies.ts';
import { cleanTarget } from './routes/clean-path.ts';
import { matchRoute } from './routes/match-route.ts';
import type { Route, RouteName } from './routes/routes.ts';
import { type ApiVersion, negotiate, type VersionRange } from './versions/api-version.ts';

/** Answers one route. Throws a Failure for an expected error; everything else that it throws is answered as an internal one. */
export type Handler<N extends RouteName> = (call: Call<N>) => Promise<EngineResponse>;
export type Handlers = { readonly [N in RouteName]?: Handler<N> };

/** What the engine says of itself in the head of each answer. */
export interface EngineFacts {
  /** As `Gantry/0.1.0 (linux)`. */
  readonly server: string;
  readonly versions: VersionRange;
  /** Hears each error that was answered as 500; the one place that logs them. */
  readonly onInternalError?: (failure: Failure, request: EngineRequest) => void;
}

/**
 * The engine of a table of handlers: finds the row, negotiates the version, reads the request, runs the handler, turns a Failure into `{message}` and adds the
 * headers that dockerd adds. A route without a handler answers its row's refusal.
 */
export function routed(handlers: Handlers, facts: EngineFacts): Engine {
  return async (request) => {
    try {
      const clean = cleanTarget(request.target);
      if (clean !== undefined) return empty(301, { location: clean });
      const match = matchRoute(request.method, request.target);
      if (!match) return json(404, { message: pageNotFound });
      return withHeaders(await answer(match, request, { handlers, facts }), facts);
    } catch (thrown) {
      return errorReply(thrown, request, facts);
    }
  };
}

type Found = NonNullable<ReturnType<typeof matchRoute>>;

async function answer(
  match: Found,
  request: EngineRequest,
  { handlers, facts }: { handlers: Handlers; facts: EngineFacts },
): Promise<EngineResponse> {
  try {
    const version = negotiate(match.version, facts.versions);
    const handler = handlers[match.route.name] as Handler<RouteName> | undefined;
    checkVersion(match.route, version);
    if (!handler) return refusalOf(match.route, match.path);
    return await handler(readCall(match, request, version));
  } catch (thrown) {
    return errorReply(thrown, request, facts);
  }
}

function checkVersion({ method, path, sinceApi, untilApi }: Route, version: ApiVersion): void {
  if (sinceApi !== undefined && !version.atLeast(sinceApi)) throw new Failure('invalid', needsNewerApi(`${method} ${path}`, sinceApi));
  if (untilApi !== undefined && version.atLeast(untilApi)) throw new Failure('not-found', pageNotFound);
}

function refusalOf({ method, path, refusal }: Route, parameters: Call['path']): EngineResponse {
  if (!refusal) return json(501, { message: notImplemented(`${method} ${path}`) });
  const message = refusal.message.replace(/\{(\w+)\}/, (_all, name: string) => parameters[name] ?? '');
  return json(refusal.status, refusal.value ?? { message });
}

/** The answer to a request that failed. Rejects where there is nobody to answer. */
function errorReply(thrown: unknown, request: EngineRequest, facts: EngineFacts): EngineResponse {
  if (request.signal.aborted) throw thrown;
  const failure = Failure.from(thrown);
  if (failure.code === 'internal') facts.onInternalError?.(failure, request);
  return json(statusOf(failure), { message: failure.message });
}

function withHeaders(response: EngineResponse, { server, versions }: EngineFacts): EngineResponse {
  const headers = new Map([
    ['api-version', versions.newest.toString()],
    ['docker-experimental', 'false'],
    ['ostype', 'linux'],
    ['server', server],
    ...response.headers,
  ]);
  return { ...response, headers };
}
