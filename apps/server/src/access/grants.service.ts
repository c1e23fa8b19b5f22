import { type Grant, grantOf, isRoleName, parseSelector, roles, type Scope } from '@gantry/access';
import { Failure } from '@gantry/base';
import { type AccessGrant, AddOnName, type createGrant, type GrantScope } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import type { InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { type AccessTransaction, addGrant, type ListedGrant, loadGrant, removeGrant, type WantedGrant } from './given-grants.store.ts';
import { GivingService } from './giving.service.ts';
import { GrantsStore } from './grants.store.ts';
import { RightsService } from './rights.service.ts';
import { columnsOf, scopeOf } from './stored-scope.ts';

type Wanted = InputOf<typeof createGrant>['body'];

/** Who has which role where. What somebody manages are the scopes in which they hold `grant:manage`; other grants are not there for them. */
@Injectable()
export class GrantsService {
  constructor(
    private readonly store: GrantsStore,
    private readonly rights: RightsService,
    private readonly giving: GivingService,
  ) {}

  async list(by: Principal): Promise<AccessGrant[]> {
    const all = await this.store.list();
    return all.flatMap((stored) => {
      const scope = scopeOf(stored);
      return scope && this.giving.holdsOver(by, 'grant:manage', scope) ? [describe(stored, scope)] : [];
    });
  }

  /**
   * `not-found` where the subject, the role or the place is not there, `forbidden` beyond the caller's own rights. What else has to change with it
   * is done in the same transaction.
   */
  async add(
    { subject, role, addOns, scope: wantedScope, expiresAt }: Wanted,
    by: Principal,
    alongside?: (transaction: AccessTransaction) => Promise<void>,
  ): Promise<AccessGrant> {
    const scope = readScope(wantedScope);
    this.#refuseUnmanaged(scope, by);
    refuseAddOns(role, addOns);
    const ends = expiresAt === undefined ? undefined : new Date(expiresAt);
    if (ends && ends.getTime() <= Date.now()) throw new Failure('invalid', `expiresAt: ${expiresAt ?? ''} has passed`);
    const wanted: WantedGrant = {
      ...(subject.kind === 'team' ? { teamId: subject.id, userId: null } : { userId: subject.id, teamId: null }),
      ...(isRoleName(role) ? { builtIn: role, roleId: null } : { builtIn: null, roleId: role }),
      ...columnsOf(scope),
      addOns: [...addOns],
      expiresAt: ends ?? null,
      createdBy: by.name,
    };
    const id = await this.rights.change(async (transaction) => {
      this.#refuseUnmanaged(scope, by);
      // Whoever asked for it has named themselves.
      if (!alongside) this.#refuseUnseen(subject, by);
      await alongside?.(transaction);
      return addGrant(transaction, wanted, (permissions) =>
        this.giving.refuseBeyond(by, grantOf({ id: '', role, addOns, scope, ...(ends ? { expiresAt: ends } : {}) }, permissions)),
      );
    });
    return describe(await this.store.find(id), scope);
  }

  /** `not-found` where the caller does not manage it, `forbidden` for one that gives more than the caller has. */
  async revoke(id: string, by: Principal): Promise<void> {
    await this.rights.change(async (transaction) => {
      const stored = await loadGrant(transaction, id);
      const scope = stored && scopeOf(stored);
      if (!stored || !scope || !this.giving.holdsOver(by, 'grant:manage', scope)) throw new Failure('not-found', `no such grant: ${id}`);
      this.giving.refuseTaking(by, asGrant(stored, scope));
      await removeGrant(transaction, id);
    });
  }

  /** Somebody whose grants all lie elsewhere is not there for the caller. */
  #refuseUnseen({ kind, id }: Wanted['subject'], by: Principal): void {
    if (kind === 'team' ? this.giving.seesTeam(by, id) : this.giving.seesPerson(by, id)) return;
    throw new Failure('not-found', `no such ${kind === 'team' ? 'team' : 'person or service'}: ${id}`);
  }

  #refuseUnmanaged(scope: Scope, by: Principal): void {
    if (!this.giving.holdsOver(by, 'grant:manage', scope)) throw new Failure('forbidden', 'grant:manage is needed there');
  }
}

function asGrant({ id, builtIn, roleId, role, addOns }: NonNullable<Awaited<ReturnType<typeof loadGrant>>>, scope: Scope): Grant {
  return grantOf({ id, role: builtIn ?? roleId ?? '', addOns, scope }, role?.permissions);
}

/** `invalid` for a selector that is none. */
export function readScope(scope: GrantScope): Scope {
  return scope.kind === 'labels' ? { kind: 'labels', selector: parseSelector(scope.selector) } : scope;
}

/** `invalid` for an add-on that the role does not take. */
export function refuseAddOns(role: string, addOns: readonly AddOnName[]): void {
  const allowed = isRoleName(role) ? roles[role].addOns : [];
  const foreign = addOns.find((addOn) => !allowed.includes(addOn));
  if (foreign !== undefined) throw new Failure('invalid', `addOns: the role ${role} takes no ${foreign}`);
}

function describe(stored: ListedGrant, scope: Scope): AccessGrant {
  const { id, user, team, builtIn, role, expiresAt, createdAt, createdBy } = stored;
  const subject = user ? { kind: 'user' as const, ...user } : { kind: 'team' as const, id: team?.id ?? '', name: team?.name ?? '' };
  return {
    id,
    subject,
    role: role ? { id: role.id, name: role.name } : { id: builtIn ?? '', name: builtIn ?? '' },
    addOns: stored.addOns.flatMap((addOn) => AddOnName.safeParse(addOn).data ?? []),
    scope: outside(stored, scope),
    ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}),
    createdAt: createdAt.toISOString(),
    createdBy,
  };
}

/** A scope as it is written outside, where a selector is its text. */
export function outside({ selector }: { readonly selector?: string | null }, scope: Scope): GrantScope {
  return scope.kind === 'labels' ? { kind: 'labels', selector: selector ?? '' } : scope;
}
