import { Injectable, type OnModuleInit } from '@nestjs/common';
import { GrantsStore } from '../access/grants.store.ts';

/** Whether this installation has its owner; once true it stays true. */
@Injectable()
export class SetupState implements OnModuleInit {
  #hasOwner = false;

  constructor(private readonly grants: GrantsStore) {}

  async onModuleInit(): Promise<void> {
    await this.hasOwner();
  }

  async hasOwner(): Promise<boolean> {
    this.#hasOwner ||= await this.grants.hasOwner();
    return this.#hasOwner;
  }

  /** What was found when somebody asked last; every request asks. */
  get isKnownToHaveOwner(): boolean {
    return this.#hasOwner;
  }
}
