import { Failure } from '@gantry/base';
import type { Route } from '@gantry/engine-api';
import type { Principal } from '../sessions/principal.ts';
import type { SessionsService } from '../sessions/sessions.service.ts';

const forProven: readonly Route['name'][] = ['ContainerExec', 'SessionJoin'];

/**
 * A command is run, and typed into the terminal of somebody else, by somebody who proved within the last ten minutes that it is them, where the session of a page speaks for them (`forbidden`,
 * `details.needs`: `proof`). A token or a client certificate shows itself with each request and has nothing more to prove with.
 */
export function refuseUnproven({ name }: Pick<Route, 'name'>, principal: Principal, sessions: Pick<SessionsService, 'isProven'>): void {
  const isOfPage = principal.isToken !== true && !('certificate' in principal);
  if (!forProven.includes(name) || !isOfPage || sessions.isProven(principal.sessionId)) return;
  throw new Failure('forbidden', 'prove first that it is you: it was more than ten minutes ago', { details: { needs: 'proof' } });
}
