import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { KnownHost } from '../hosts/host-directory.ts';
import type { Principal } from '../sessions/principal.ts';
import type { ExecOwners } from './exec-owners.ts';
import type { GuardedCall } from './guarded-call.ts';

const lasting = ['SessionAttach', 'SessionClose', 'HostShellAttach', 'HostShellClose'];
/** Shells on the host, by others: their rows name no object, so whether there is one is asked here. */
const ofHost = ['HostShellWatch', 'HostShellJoin', 'HostShellEnd'];
const ofOwnerOnly = ['ExecStart', 'ExecResize', 'SessionStart', ...lasting];

/**
 * An exec is started and resized by whoever made it; for anybody else it is not there. A terminal of theirs outlives this server: while its host is not back it
 * is `unavailable`, not gone.
 */
export async function refuseForeignExec(
  { route, path }: GuardedCall,
  host: Pick<KnownHost, 'id' | 'link'>,
  { owners, principal, signal }: { owners: ExecOwners; principal: Principal; signal: AbortSignal },
): Promise<void> {
  const isOfHost = ofHost.includes(route.name);
  if (!isOfHost && !ofOwnerOnly.includes(route.name)) return;
  const id = path['id'] ?? '';
  const isLasting = isOfHost || lasting.includes(route.name);
  if (isLasting) await owners.settled(host.id, { userId: principal.userId, signal });
  const owner = owners.find(host.id, id);
  if (owner && (owner.userId === principal.userId || isOfHost)) return;
  if (!owner && isLasting && host.link === 'offline') throw new Failure('unavailable', 'the host is not connected');
  throw new Failure('not-found', messages.noSuchExec(id));
}
