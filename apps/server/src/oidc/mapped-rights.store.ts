import { Failure } from '@gantry/base';
import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';
import { type AccessTransaction, addGrant, type StoredGrant, type WantedGrant } from '../access/given-grants.store.ts';
import { type GrantTarget, targetKey, type WantedRights } from './group-mappings.ts';

interface Whose {
  readonly providerKey: string;
  readonly userId: string;
}

/** For the audit log: the ids of teams, and roles with where they are given. What is the same is left out. */
export interface RightsChange {
  readonly teamsGiven?: readonly string[];
  readonly teamsTaken?: readonly string[];
  readonly rolesGiven?: readonly string[];
  readonly rolesTaken?: readonly string[];
}

/** Reading is the same inside a change and outside of it. */
type Reading = Pick<AccessTransaction, 'mappedMember' | 'grant' | 'team'>;

@Injectable()
export class MappedRightsStore {
  constructor(private readonly database: Database) {}

  /** Whether the person has from the provider exactly what its groups give them now. */
  async isSettled(whose: Whose, wanted: WantedRights): Promise<boolean> {
    const { teams, grants } = await differences(this.database.prisma, whose, wanted);
    return [...teams.missing, ...teams.surplus, ...grants.missing, ...grants.surplus].length === 0;
  }
}

/** Gives what is missing and takes what is too much, of what this provider's groups give; what was given by hand stays. Places that are no more are left out. */
export async function applyRights(
  transaction: AccessTransaction,
  { createdBy, ...whose }: Whose & { readonly createdBy: string },
  wanted: WantedRights,
): Promise<RightsChange> {
  const { teams, grants } = await differences(transaction, whose, wanted);
  await transaction.mappedMember.deleteMany({ where: { ...whose, teamId: { in: teams.surplus } } });
  await transaction.mappedMember.createMany({ data: teams.missing.map((teamId) => ({ ...whose, teamId })), skipDuplicates: true });
  await transaction.grant.deleteMany({ where: { id: { in: grants.surplus.map(({ id }) => id) } } });
  const given: GrantTarget[] = [];
  for (const target of grants.missing)
    if (await give(transaction, { ...target, ...whose, teamId: null, expiresAt: null, createdBy })) given.push(target);
  await settleMembers(transaction);
  return changeOf(teams, { missing: given, surplus: grants.surplus });
}

function changeOf(teams: Difference<string>, grants: Difference<GrantTarget, StoredGrant>): RightsChange {
  const all = {
    teamsGiven: teams.missing,
    teamsTaken: teams.surplus,
    rolesGiven: grants.missing.map(words),
    rolesTaken: grants.surplus.map(words),
  };
  return Object.fromEntries(Object.entries(all).filter(([, list]) => list.length > 0));
}

/** A role and where: `operator host 0198…`. */
function words({ builtIn, roleId, scope, groupId, hostId, project, selector }: Omit<GrantTarget, 'addOns'>): string {
  return [builtIn ?? roleId, scope, groupId, hostId, project, selector].filter((part) => part !== null).join(' ');
}

/** Takes from everybody what no mapping of the provider gives any more. */
export async function withdrawRights(transaction: AccessTransaction, providerKey: string, wanted: WantedRights): Promise<void> {
  await transaction.mappedMember.deleteMany({ where: { providerKey, teamId: { notIn: [...wanted.teams] } } });
  const given = await transaction.grant.findMany({ where: { providerKey } });
  const kept = new Set(wanted.grants.map(targetKey));
  await transaction.grant.deleteMany({ where: { id: { in: given.filter((grant) => !kept.has(targetKey(grant))).map(({ id }) => id) } } });
  await settleMembers(transaction);
}

/** A person is in a team by hand, or as long as a group says so. */
export async function settleMembers(transaction: AccessTransaction): Promise<void> {
  await transaction.$executeRaw`
    delete from "TeamMember" t where not t."isByHand"
      and not exists (select 1 from "MappedMember" m where m."userId" = t."userId" and m."teamId" = t."teamId")`;
  await transaction.$executeRaw`
    insert into "TeamMember" ("teamId", "userId", "isByHand") select distinct "teamId", "userId", false from "MappedMember" on conflict do nothing`;
}

interface Difference<Missing, Surplus = Missing> {
  readonly missing: readonly Missing[];
  readonly surplus: Surplus[];
}

async function differences(
  reading: Reading,
  whose: Whose,
  wanted: WantedRights,
): Promise<{ teams: Difference<string>; grants: Difference<GrantTarget, StoredGrant> }> {
  const there = await reading.team.findMany({ where: { id: { in: [...wanted.teams] } }, select: { id: true } });
  const teams = there.map(({ id }) => id);
  const inNow = (await reading.mappedMember.findMany({ where: whose })).map(({ teamId }) => teamId);
  const given = await reading.grant.findMany({ where: whose });
  const has = new Set(given.map(targetKey));
  const wants = new Set(wanted.grants.map(targetKey));
  return {
    teams: { missing: teams.filter((id) => !inNow.includes(id)), surplus: inNow.filter((id) => !teams.includes(id)) },
    grants: {
      missing: wanted.grants.filter((target) => !has.has(targetKey(target))),
      surplus: given.filter((grant) => !wants.has(targetKey(grant))),
    },
  };
}

/** A role, host or group of hosts that is no more gives nothing (false); the others are given. */
async function give(transaction: AccessTransaction, wanted: WantedGrant): Promise<boolean> {
  try {
    await addGrant(transaction, wanted, () => undefined);
    return true;
  } catch (thrown) {
    if (Failure.from(thrown).code !== 'not-found') throw thrown;
    return false;
  }
}
