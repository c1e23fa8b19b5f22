import { Failure } from '@gantry/base';
import { type ApiVersion, type EngineRequest, type Match, matchRoute, negotiate, type Route, type VersionRange } from '@gantry/engine-api';
import { readStrictBody, type StrictBody } from './strict-body.ts';
import { readStrictQuery, type StrictQuery } from './strict-query.ts';
import { asksToReveal } from './values-asked-for.ts';

/** A request that was read by its row. The rules judge it, and what is forwarded is made from it and nothing else. */
export interface GuardedCall {
  readonly route: Route;
  readonly version: ApiVersion;
  /** Parameters of the path, decoded once; references are replaced by ids before it is forwarded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: StrictQuery;
  /** Undefined for a row without a JSON body. */
  readonly body: StrictBody | undefined;
  /** Asked for with the values that are hidden otherwise: see `values-asked-for.ts`. */
  readonly isReveal?: true;
}

/** The row of a request; undefined where there is none. */
export function findRow({ method }: Pick<EngineRequest, 'method'>, target: string): Match | undefined {
  return matchRoute(method, target);
}

/** Reads everything of a request but an uploaded body; `invalid` names what is wrong. */
export async function readGuardedCall(
  { route, path, version, query }: Match,
  request: EngineRequest,
  versions: VersionRange,
): Promise<GuardedCall> {
  const type = request.headers.get('content-type') ?? '';
  if (/^(application\/x-www-form-urlencoded|multipart\/)/i.test(type))
    throw new Failure('invalid', `a form is no body for ${route.name}`, { details: { status: 415 } });
  return {
    route,
    version: negotiate(version, versions),
    path,
    query: readStrictQuery(route, query),
    body: route.body && route.kind !== 'upload' ? await readStrictBody(route.body, request.body, type) : undefined,
    ...(asksToReveal(route, request) ? { isReveal: true } : {}),
  };
}
