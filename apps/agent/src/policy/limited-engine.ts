import { type Engine, type EngineRequest, json, matchRoute, type Route } from '@gantry/engine-api';
import { isElevated } from './elevated-request.ts';
import type { Policy } from './policy.ts';

const execPermissions = new Set(['container:exec', 'container:attach']);

/** The engine as this host's policy lets the server use it; what it forbids is answered 403 and names the setting. */
export function limitedEngine(engine: Engine, policy: Policy): Engine {
  return async (request) => {
    const setting = await forbiddenBy(request, policy);
    if (typeof setting === 'string')
      return json(403, { message: `the policy of this host forbids it: ${setting} is false in its policy.json` });
    return engine(setting);
  };
}

/** The setting that forbids the request; else the request, whose body may have been read and stands there again. */
async function forbiddenBy(request: EngineRequest, policy: Policy): Promise<keyof Policy | EngineRequest> {
  const route = matchRoute(request.method, request.target)?.route;
  // What the table does not know may do anything.
  if (!route) return policy.changes && policy.exec && policy.fileWrites && policy.elevatedContainers ? request : 'changes';
  if (!policy.changes && route.effect !== 'none') return 'changes';
  if (!policy.exec && execPermissions.has(route.permission)) return 'exec';
  if (!policy.fileWrites && route.permission === 'files:write') return 'fileWrites';
  if (policy.elevatedContainers || !maySetRights(route)) return request;
  const { isForbidden, again } = await isElevated(request);
  return isForbidden ? 'elevatedContainers' : again;
}

function maySetRights({ name }: Route): boolean {
  return name === 'ContainerCreate' || name === 'ContainerUpdate' || name === 'ContainerExec' || name === 'VolumeCreate';
}
