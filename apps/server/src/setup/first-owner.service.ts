import type { Preferences } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { AttemptsService } from '../people/attempts.service.ts';
import { EntranceService, type Origin, type SignedIn } from '../people/entrance.service.ts';
import { refuseCommon } from '../people/password-strength.ts';
import { hashPassword } from '../people/password.ts';
import { UsersStore } from '../people/users.store.ts';
import { Failure } from '@gantry/base';

export interface FutureOwner {
  readonly name: string;
  readonly password: string;
  readonly preferences: { [Key in keyof Preferences]?: Preferences[Key] | undefined };
}

/** Makes the first owner, once. */
@Injectable()
export class FirstOwnerService {
  constructor(
    private readonly users: UsersStore,
    private readonly entrance: EntranceService,
    private readonly attempts: AttemptsService,
  ) {}

  /** `forbidden` where the code is not right, `conflict` where the owner exists, also when two try at once with the right code. */
  async create({ name, password, preferences }: FutureOwner, isRight: () => Promise<boolean>, from: Origin): Promise<SignedIn> {
    const allowances = [{ key: `setup:${from.address}`, free: 10 }];
    const deed = { who: 'somebody', action: 'createOwner', target: name, address: from.address };
    using _try = await this.attempts.enter(allowances);
    if (!(await isRight())) {
      await this.attempts.failed(deed);
      throw new Failure('forbidden', 'this is not the set-up code that the server printed');
    }
    await refuseCommon(password, name);
    const passwordHash = await hashPassword(password);
    const owner = await this.users.add({ name, passwordHash, role: 'owner', createdBy: name, preferences }, 'first-owner');
    await this.attempts.succeeded(allowances, { ...deed, who: owner.name, userId: owner.id });
    return await this.entrance.open(owner, from);
  }
}
