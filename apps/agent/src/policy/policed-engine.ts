import { Failure } from '@gantry/base';
import { type Engine, json } from '@gantry/engine-api';
import { isLimiting } from './policy.ts';
import type { PolicyFile } from './policy-file.ts';

/** The engine under the policy as its file says at the time of each request; a file that is wrong allows nothing. */
export function policedEngine(engine: Engine, file: PolicyFile): Engine {
  return async (request) => {
    const policy = await file.now().catch((thrown: unknown) => Failure.from(thrown));
    if (policy instanceof Failure)
      return json(403, { message: `the policy of this host cannot be read, so nothing is allowed: ${policy.message}` });
    if (!isLimiting(policy)) return engine(request);
    // The table of routes is loaded only where a policy has to look at requests.
    const { limitedEngine } = await import('./limited-engine.ts');
    return limitedEngine(engine, policy)(request);
  };
}
