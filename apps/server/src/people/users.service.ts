import { Failure } from '@gantry/base';
import { type Preferences, Preferences as PreferencesSchema, type User } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { SessionsService } from '../sessions/sessions.service.ts';
import { refuseCommon } from './password-strength.ts';
import { hashPassword, isPassword } from './password.ts';
import { type StoredUser, UsersStore } from './users.store.ts';
import { type RoleName, roleNames } from '@gantry/access';

const defaults: Preferences = { theme: 'system', locale: 'en', density: 'comfortable' };

@Injectable()
export class UsersService {
  constructor(
    private readonly store: UsersStore,
    private readonly sessions: SessionsService,
  ) {}

  async list(): Promise<User[]> {
    return (await this.store.list()).map(describe);
  }

  async add(person: { name: string; password: string; role: RoleName }): Promise<User> {
    refuseCommon(person.password, person.name);
    const passwordHash = await hashPassword(person.password);
    return describe(await this.store.add({ name: person.name, role: person.role, passwordHash }, 'another'));
  }

  async remove(id: string): Promise<void> {
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
}

/** What a person has chosen, over the defaults; a stored value that no longer means anything is ignored. */
export function preferencesOf({ preferences }: Pick<StoredUser, 'preferences'>): Preferences {
  const stored = PreferencesSchema.partial().safeParse(preferences);
  return { ...defaults, ...(stored.success ? (Object.fromEntries(Object.entries(stored.data)) as Partial<Preferences>) : {}) };
}

/** The role of a person; one that this program does not know is the least. */
export function roleOf({ role }: Pick<StoredUser, 'role'>): RoleName {
  return roleNames.find((name) => name === role) ?? 'viewer';
}

function describe(user: StoredUser): User {
  const { id, name, createdAt, lastLoginAt } = user;
  return {
    id,
    name,
    role: roleOf(user),
    createdAt: createdAt.toISOString(),
    ...(lastLoginAt ? { lastLoginAt: lastLoginAt.toISOString() } : {}),
  };
}
