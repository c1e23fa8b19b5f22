import { Failure } from '@gantry/base';
import type { Route } from '@gantry/engine-api';
import { isRevealing, type Revealing } from './revealing.ts';
import type { Principal } from '../sessions/principal.ts';
import type { SessionsService } from '../sessions/sessions.service.ts';

const forProven: readonly Route['name'][] = [
  ...(['ContainerExec', 'ContainerSessionStart', 'ContainerAttach', 'ContainerAttachWebsocket'] as const),
  ...(['SessionJoin', 'HostShellStart', 'HostShellJoin'] as const),
];
/** By attaching its owner types into a shell, too. A page that is reloaded attaches again, and its proof may be older by then: that one is for pages, not for the proven. */
const onHost: readonly Route['name'][] = ['HostShellStart', 'HostShellJoin', 'HostShellAttach', 'HostShellWatch'];

/**
 * A command is run, typed into a container or into the terminal of somebody else, and values of variables are shown, by somebody who proved within the last ten minutes that
 * it is them, where the session of a page speaks for them (`forbidden`, `details.needs`: `proof`). A token or a client certificate shows itself with each
 * request and has nothing more to prove with: it neither opens a shell on a host nor gets into one that is open.
 */
export function refuseUnproven(call: Revealing, principal: Principal, sessions: Pick<SessionsService, 'isProven'>): void {
  const isOfPage = principal.isToken !== true && !('certificate' in principal);
  const { name, audited } = call.route;
  if (onHost.includes(name) && !isOfPage)
    throw new Failure('forbidden', 'a shell on a host is opened in a browser, by somebody who has just proved that it is them');
  const isAsked = forProven.includes(name) || (isRevealing(call) && !audited);
  if (!isAsked || !isOfPage || sessions.isProven(principal.sessionId)) return;
  throw new Failure('forbidden', 'prove first that it is you: it was more than ten minutes ago', { details: { needs: 'proof' } });
}
