import { Failure } from '@gantry/base';
import type { Team } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../sessions/principal.ts';
import { GivingService } from './giving.service.ts';
import type { AccessTransaction } from './given-grants.store.ts';
import { RightsService } from './rights.service.ts';
import { addTeam, loadTeam, removeTeam, renameTeam, setMember, type StoredTeam, TeamsStore } from './teams.store.ts';

/**
 * Teams. Somebody manages those whose grants all lie where they hold `team:manage`. One without any grant is managed by whoever holds it
 * everywhere, and by its maker, who has made it for a part of the installation and grants it something there next; other teams are not there for
 * them, nor people whose grants all lie elsewhere. Who is taken in gets what the team has, so nobody takes anybody into a team that has more than they do.
 */
@Injectable()
export class TeamsService {
  constructor(
    private readonly store: TeamsStore,
    private readonly rights: RightsService,
    private readonly giving: GivingService,
  ) {}

  async list(by: Principal): Promise<Team[]> {
    return (await this.store.list()).filter((team) => this.giving.managesTeam(by, team)).map(describe);
  }

  async add(name: string, by: Principal): Promise<Team> {
    return describe(await this.rights.change((transaction) => addTeam(transaction, name, by.userId)));
  }

  async rename(id: string, name: string, by: Principal): Promise<Team> {
    return describe(await this.#change(id, by, (transaction) => renameTeam(transaction, id, name)));
  }

  async remove(id: string, by: Principal): Promise<void> {
    await this.#change(id, by, (transaction) => removeTeam(transaction, id));
  }

  async setMember(member: { teamId: string; userId: string }, isMember: boolean, by: Principal): Promise<Team> {
    const { teamId, userId } = member;
    return describe(
      await this.#change(teamId, by, (transaction, { members }) => {
        const isThere = members.some(({ user }) => user.id === userId) || this.giving.seesPerson(by, userId);
        if (!isThere) throw new Failure('not-found', `no such person: ${userId}`);
        if (isMember) for (const grant of this.rights.ofTeam(teamId)) this.giving.refuseBeyond(by, grant);
        return setMember(transaction, member, isMember);
      }),
    );
  }

  /** The grants of the team are looked at inside: nothing else changes meanwhile, and what was loaded last is what is stored. */
  async #change<T>(id: string, by: Principal, work: (transaction: AccessTransaction, team: StoredTeam) => Promise<T>): Promise<T> {
    return this.rights.change(async (transaction) => {
      const team = await loadTeam(transaction, id);
      if (!this.giving.managesTeam(by, team)) throw new Failure('not-found', `no such team: ${id}`);
      for (const grant of this.rights.ofTeam(id)) this.giving.refuseTaking(by, grant);
      return work(transaction, team);
    });
  }
}

function describe({ id, name, members, createdAt }: StoredTeam): Team {
  return { id, name, members: members.map(({ user }) => user), createdAt: createdAt.toISOString() };
}
