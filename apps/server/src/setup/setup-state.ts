import { Injectable } from '@nestjs/common';
import { UsersStore } from '../people/users.store.ts';

/** Whether this installation has its owner; once true it stays true. */
@Injectable()
export class SetupState {
  #hasOwner = false;

  constructor(private readonly users: UsersStore) {}

  async hasOwner(): Promise<boolean> {
    this.#hasOwner ||= await this.users.hasOwner();
    return this.#hasOwner;
  }
}
