import { Failure } from '@gantry/base';
import { type Engine, type EngineRequest, failureStatus, json, type Route } from '@gantry/engine-api';
import { type Excess, excessOf } from './ceiling.ts';
import { type CheckedRequest, checkRequest } from './checked-request.ts';
import { exceedingPaths } from './exceeding-paths.ts';
import type { Policy, PolicyKey } from './policy.ts';

/**
 * The engine as this host's policy lets the server use it. A request is read by its row, judged, and made anew from what was judged, so that the engine,
 * ours or one that is driven, gets nothing else; what the policy forbids is answered 403 and names the field and the setting. Nothing is done then.
 */
export function limitedEngine(engine: Engine, policy: Policy): Engine {
  return async (request) => {
    try {
      return await engine(await admitted(request, { engine, policy }));
    } catch (thrown) {
      const { code, message } = Failure.from(thrown);
      if (request.signal.aborted || !(thrown instanceof Failure) || !(code in refused)) throw thrown;
      return json(failureStatus[code], { message });
    }
  };
}

/** Failures of the judging; whatever else happens is not the policy's to answer. */
const refused: Readonly<Partial<Record<Failure['code'], true>>> = { forbidden: true, invalid: true, 'not-found': true };

async function admitted(request: EngineRequest, { engine, policy }: { engine: Engine; policy: Policy }): Promise<EngineRequest> {
  const checked = withoutForbiddenReach(await checkRequest(request), policy);
  const [excess] = [...excessOfUse(checked.route, policy), ...excessOf(checked, policy)];
  refuse(excess, policy);
  const [path] = await exceedingPaths(checked, { engine, policy, signal: request.signal });
  refuse(path, policy);
  return checked.forwarded;
}

const archiveRows: readonly string[] = ['ContainerArchiveInfo', 'ContainerArchive', 'PutContainerArchive'];

/**
 * `docker cp` through a server asks for the host's paths in a container whenever its user may have them, needed or not (`hostBinds`). Where the policy
 * forbids that the rest of the container is reached all the same, and these paths stay closed.
 */
function withoutForbiddenReach(checked: CheckedRequest, policy: Policy): CheckedRequest {
  if (!archiveRows.includes(checked.route.name) || !excessOf(checked, policy).some(({ field }) => field === 'hostBinds')) return checked;
  const [path = '', text] = checked.forwarded.target.split('?', 2);
  const left = new URLSearchParams(text);
  left.delete('hostBinds');
  const query = { ...checked.query, hostBinds: undefined };
  return { ...checked, query, forwarded: { ...checked.forwarded, target: `${path}?${left.toString()}` } };
}

/** Whoever may open no terminal may still end one. */
const endingRows: readonly string[] = ['SessionClose', 'SessionEnd', 'HostShellClose', 'HostShellEnd'];

/** Shells on the host have a setting of their own, which is asked where they are opened and entered. */
function isForTerminals({ name, permission }: Route): boolean {
  if (name.startsWith('HostShell')) return false;
  return permission === 'container:exec' || permission === 'container:attach' || permission.startsWith('session:');
}

/** What a route is for, whatever its request says. */
function excessOfUse(route: Route, policy: Policy): Excess[] {
  const uses: readonly [PolicyKey, boolean][] = [
    ['changes', route.effect !== 'none' && !endingRows.includes(route.name)],
    ['exec', isForTerminals(route) && !endingRows.includes(route.name)],
    ['fileReads', route.permission === 'files:read' || route.name === 'ContainerExport'],
    ['fileWrites', route.permission === 'files:write'],
  ];
  return uses.filter(([key, isUsed]) => isUsed && policy[key] === false).map(([key]) => ({ field: route.name, key }));
}

function refuse(excess: Excess | undefined, policy: Policy): void {
  if (!excess) return;
  const { field, key } = excess;
  const why = excess.why ?? (policy[key] === false ? `${key} is false in its policy.json` : `not in the list ${key} of its policy.json`);
  throw new Failure('forbidden', `the policy of this host forbids ${field}: ${why}`);
}
