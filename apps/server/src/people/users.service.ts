import { grantOf, type RoleName } from '@gantry/access';
import { Failure } from '@gantry/base';
import { type Preferences, Preferences as PreferencesSchema, type User } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { GivingService } from '../access/giving.service.ts';
import type { Principal } from '../sessions/principal.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { refuseCommon } from './password-strength.ts';
import { hashPassword, isPassword } from './password.ts';
import { roleEverywhere } from './role-everywhere.ts';
import { type StoredUser, UsersStore } from './users.store.ts';

const defaults: Preferences = { theme: 'system', locale: 'en', density: 'comfortable' };

@Injectable()
export class UsersService {
  constructor(
    private readonly store: UsersStore,
    private readonly sessions: SessionsService,
    private readonly giving: GivingService,
  ) {}

  async list(): Promise<User[]> {
    return (await this.store.list()).map((user) => this.#describe(user));
  }

  /** `forbidden` where the role is more than the caller has. */
  async add(person: { name: string; password: string; role?: RoleName | undefined }, by: Principal): Promise<User> {
    const { name, role } = person;
    refuseCommon(person.password, name);
    if (role !== undefined) this.giving.refuseBeyond(by, grantOf({ id: '', role, scope: { kind: 'global' } }));
    const passwordHash = await hashPassword(person.password);
    return this.#describe(await this.store.add({ name, role, passwordHash, createdBy: by.name }, 'another'));
  }

  /** `forbidden` for somebody who may more than the caller. */
  async remove(id: string, by: Principal): Promise<void> {
    this.giving.refuseAbove(by, id);
    await this.store.remove(id);
    this.sessions.endAllOf(id, 'revoked');
  }

  async updatePreferences(id: string, change: { [Key in keyof Preferences]?: Preferences[Key] | undefined }): Promise<Preferences> {
    const user = await this.store.find(id);
    if (!user) throw new Failure('not-found', `no such person: ${id}`);
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    const preferences = { ...preferencesOf(user), ...given };
    await this.store.update(id, { preferences });
    return preferences;
  }

  /** Ends all sessions of the person; the caller opens a new one. `unauthenticated` where the current password is wrong. */
  async changePassword(id: string, { current, next }: { current: string; next: string }): Promise<void> {
    const user = await this.store.find(id);
    if (!user || !(await isPassword(current, user.passwordHash))) throw new Failure('unauthenticated', 'the current password is wrong');
    refuseCommon(next, user.name);
    await this.store.update(id, { passwordHash: await hashPassword(next) });
    await this.sessions.removeAllOf(id, 'revoked');
  }

  #describe({ id, name, createdAt, lastLoginAt }: StoredUser): User {
    const role = roleEverywhere(this.giving.rights.of(id));
    return {
      id,
      name,
      ...(role ? { role } : {}),
      createdAt: createdAt.toISOString(),
      ...(lastLoginAt ? { lastLoginAt: lastLoginAt.toISOString() } : {}),
    };
  }
}

/** What a person has chosen, over the defaults; a stored value that no longer means anything is ignored. */
export function preferencesOf({ preferences }: Pick<StoredUser, 'preferences'>): Preferences {
  const stored = PreferencesSchema.partial().safeParse(preferences);
  return { ...defaults, ...(stored.success ? (Object.fromEntries(Object.entries(stored.data)) as Partial<Preferences>) : {}) };
}
