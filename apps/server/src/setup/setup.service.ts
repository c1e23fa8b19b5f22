import { join } from 'node:path';
import { Failure } from '@gantry/base';
import type { BodyOf, createOwner, SetupState as SetupAnswer } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import type { Origin, SignedIn } from '../people/entrance.service.ts';
import { Settings } from '../settings/settings.ts';
import { FirstOwnerService } from './first-owner.service.ts';
import { SetupCode } from './setup-code.ts';
import { SetupState } from './setup-state.ts';

@Injectable()
export class SetupService {
  readonly #code: SetupCode;

  constructor(
    private readonly settings: Settings,
    private readonly state: SetupState,
    private readonly firstOwner: FirstOwnerService,
  ) {
    this.#code = new SetupCode(join(settings.config.dataRoot, 'server', 'setup-code'));
  }

  /** The code to print; undefined where the owner exists. */
  async code(): Promise<string | undefined> {
    if (!(await this.state.hasOwner())) return this.#code.load();
    await this.#code.remove();
    return undefined;
  }

  async describe(): Promise<Omit<SetupAnswer, 'isSignedIn' | 'providers'>> {
    const { config, keys } = this.settings;
    return { isSetUp: await this.state.hasOwner(), ...(config.tls ? { caFingerprint: keys.fingerprint } : {}) };
  }

  /** `forbidden` with a wrong code, `conflict` where the owner exists. */
  async createOwner({ code, name, password, preferences = {} }: BodyOf<typeof createOwner>, from: Origin): Promise<SignedIn> {
    if (await this.state.hasOwner()) throw new Failure('conflict', 'this installation has its owner already');
    const signedIn = await this.firstOwner.create({ name, password, preferences }, () => this.#code.isRight(code), from);
    await this.#code.remove();
    return signedIn;
  }
}
