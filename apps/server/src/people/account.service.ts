import { Failure } from '@gantry/base';
import { type Preferences, Preferences as PreferencesSchema } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { AttemptsService } from './attempts.service.ts';
import { refuseCommon } from './password-strength.ts';
import { hashPassword, isPassword } from './password.ts';
import { type StoredUser, UsersStore } from './users.store.ts';

const defaults: Preferences = { theme: 'system', locale: 'en', density: 'comfortable' };
const freeTries = 5;

/** What people do with their own account. */
@Injectable()
export class AccountService {
  constructor(
    private readonly store: UsersStore,
    private readonly attempts: AttemptsService,
  ) {}

  async updatePreferences(id: string, change: { [Key in keyof Preferences]?: Preferences[Key] | undefined }): Promise<Preferences> {
    const user = await this.store.find(id);
    if (!user) throw new Failure('not-found', `no such person: ${id}`);
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    const preferences = { ...preferencesOf(user), ...given };
    await this.store.update(id, { preferences });
    return preferences;
  }

  /**
   * The caller ends all sessions of the person. `unauthenticated` where the current password is wrong, `exhausted` after too many tries,
   * `invalid` for a common one.
   */
  async changePassword(id: string, { current, next }: { current: string; next: string }): Promise<void> {
    const user = await this.provePassword(id, current);
    await refuseCommon(next, user.name);
    await this.store.update(id, { passwordHash: await hashPassword(next) });
  }

  /** Whoever is signed in says their password again. `unauthenticated` where it is wrong, `exhausted` after too many tries. */
  async provePassword(id: string, password: string): Promise<StoredUser> {
    const allowances = [{ key: `proof:${id}`, free: freeTries }];
    using _try = await this.attempts.enter(allowances);
    const user = await this.store.find(id);
    if (!user || !(await isPassword(password, user.passwordHash ?? undefined)))
      throw new Failure('unauthenticated', 'the password is wrong', { details: { field: 'password' } });
    await this.attempts.forgive(allowances);
    return user;
  }
}

/** What a person has chosen, over the defaults; a stored value that no longer means anything is ignored. */
export function preferencesOf({ preferences }: Pick<StoredUser, 'preferences'>): Preferences {
  const stored = PreferencesSchema.partial().safeParse(preferences);
  return { ...defaults, ...(stored.success ? (Object.fromEntries(Object.entries(stored.data)) as Partial<Preferences>) : {}) };
}
