import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { Principal } from '../sessions/principal.ts';
import type { ExecOwners } from './exec-owners.ts';
import type { GuardedCall } from './guarded-call.ts';

const ofOwnerOnly = ['ExecStart', 'ExecResize'];

/** An exec is started and resized by whoever made it; for anybody else it is not there. */
export function refuseForeignExec(
  { route, path }: GuardedCall,
  host: string,
  { owners, principal }: { owners: ExecOwners; principal: Principal },
): void {
  if (!ofOwnerOnly.includes(route.name)) return;
  const id = path['id'] ?? '';
  if (owners.find(host, id)?.userId !== principal.userId) throw new Failure('not-found', messages.noSuchExec(id));
}
