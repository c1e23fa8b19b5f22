import { isLive } from '@gantry/access';
import { SignInPolicy } from '@gantry/contract';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { RightsService } from '../access/rights.service.ts';
import { SettingsStore } from '../settings/settings.store.ts';
import type { Principal } from './principal.ts';
import { SessionsService } from './sessions.service.ts';

const name = 'sign-in';
const none: SignInPolicy = { secondFactorRoles: [] };

/** How people have to sign in, as those who run this installation have set it. */
@Injectable()
export class SignInPolicyService implements OnModuleInit, OnModuleDestroy {
  #policy: SignInPolicy = none;

  readonly #enforce = (): void => this.sessions.cut((principal) => this.isLackingSecondFactor(principal));

  constructor(
    private readonly store: SettingsStore,
    private readonly sessions: SessionsService,
    private readonly rights: RightsService,
  ) {}

  async onModuleInit(): Promise<void> {
    this.#policy = SignInPolicy.catch(none).parse(await this.store.find(name));
    this.rights.changes.on('changed', this.#enforce);
  }

  onModuleDestroy(): void {
    this.rights.changes.off('changed', this.#enforce);
  }

  get current(): SignInPolicy {
    return this.#policy;
  }

  /** What is open of people who lack what is demanded now ends, as it does when they are given such a role; they come back to set it up. */
  async update(policy: SignInPolicy, by: Pick<Principal, 'name'>): Promise<SignInPolicy> {
    await this.store.put(name, policy, by.name);
    this.#policy = policy;
    this.#enforce();
    return policy;
  }

  /** Whether one of the roles that the person has anywhere, by grants of their own or of a team, demands a second factor. */
  demandsSecondFactor(userId: string): boolean {
    const now = new Date();
    return this.rights
      .of(userId)
      .grants.some((grant) => isLive(grant, now) && this.#policy.secondFactorRoles.some((name) => name === grant.role));
  }

  /** Whether the person has to set one up before anything else. */
  isLackingSecondFactor(principal: Principal): boolean {
    return !principal.hasSecondFactor && this.demandsSecondFactor(principal.userId);
  }
}
