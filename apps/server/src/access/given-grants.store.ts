import { Failure } from '@gantry/base';
import type { Database } from '@gantry/db';

/** The transaction that a change of people or of their rights runs in. */
export type AccessTransaction = Parameters<Parameters<Database['prisma']['$transaction']>[0]>[0];

export interface StoredGrant {
  readonly id: string;
  readonly userId: string | null;
  readonly teamId: string | null;
  readonly builtIn: string | null;
  readonly roleId: string | null;
  readonly addOns: readonly string[];
  readonly scope: string;
  readonly groupId: string | null;
  readonly hostId: string | null;
  readonly project: string | null;
  readonly selector: string | null;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
  readonly createdBy: string;
  /** The provider whose groups give it; null for one that was given by hand. */
  readonly providerKey?: string | null;
}

/** With the names of those that it is about. */
export interface ListedGrant extends StoredGrant {
  readonly user: { readonly id: string; readonly name: string } | null;
  readonly team: { readonly id: string; readonly name: string } | null;
  readonly role: { readonly id: string; readonly name: string; readonly permissions: readonly string[] } | null;
}

export type WantedGrant = Omit<StoredGrant, 'id' | 'createdAt' | 'addOns'> & { readonly addOns: string[] };

const name = { select: { id: true, name: true } } as const;
export const listed = { user: name, team: name, role: { select: { id: true, name: true, permissions: true } } } as const;

/** The id of the new grant. `refuse` is told what a role that people made holds, as it is now that nothing else changes. `not-found` names what is not there. */
export async function addGrant(
  transaction: AccessTransaction,
  wanted: WantedGrant,
  refuse: (permissions: readonly string[] | undefined) => void,
): Promise<string> {
  const { userId, teamId, roleId, groupId, hostId } = wanted;
  if (userId !== null && !(await transaction.user.findUnique({ where: { id: userId } }))) missing('person or service', userId);
  if (teamId !== null && !(await transaction.team.findUnique({ where: { id: teamId } }))) missing('team', teamId);
  if (groupId !== null && !(await transaction.hostGroup.findUnique({ where: { id: groupId } }))) missing('host group', groupId);
  if (hostId !== null && !(await transaction.host.findUnique({ where: { id: hostId } }))) missing('host', hostId);
  const role = roleId === null ? null : isUuid(roleId) ? await transaction.role.findUnique({ where: { id: roleId } }) : null;
  if (roleId !== null && !role) missing('role', roleId);
  refuse(role?.permissions);
  return (await transaction.grant.create({ data: wanted })).id;
}

/** With what its role holds, where people made it. */
export function loadGrant(
  transaction: AccessTransaction,
  id: string,
): Promise<(StoredGrant & { readonly role: { readonly permissions: readonly string[] } | null }) | null> {
  return transaction.grant.findUnique({ where: { id }, include: { role: { select: { permissions: true } } } });
}

export async function removeGrant(transaction: AccessTransaction, id: string): Promise<void> {
  await transaction.grant.delete({ where: { id } });
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

function missing(what: string, id: string): never {
  throw new Failure('not-found', `no such ${what}: ${id}`);
}
