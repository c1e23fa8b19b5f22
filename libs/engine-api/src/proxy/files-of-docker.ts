import type { EngineRequest, PlainResponse } from '../engine.ts';
import { json } from '../replies.ts';
import { type Match, matchRoute } from '../routes/match-route.ts';

const fileRow = /^(Container|Volume)File/;

/**
 * A request as Docker knows it. Of our routes of files it has the two that are archives of a container (`docker cp`); the others are 501 with the reason. All other
 * requests stay as they are.
 */
export function asDockerKnows(request: EngineRequest): EngineRequest | PlainResponse {
  if (!request.target.startsWith('/gantry/')) return request;
  const match = matchRoute(request.method, request.target);
  if (!match || !fileRow.test(match.route.name)) return request;
  if (match.route.name === 'ContainerFileArchive' || match.route.name === 'ContainerFileExtract') return asArchive(request, match);
  const { method, path } = match.route;
  return json(501, { message: `${method} ${path} needs the native engine: Docker gives and takes files of containers as archives only` });
}

function asArchive(request: EngineRequest, { path, query }: Match): EngineRequest {
  return { ...request, target: `/containers/${encodeURIComponent(path['id'] ?? '')}/archive${query === '' ? '' : `?${query}`}` };
}
