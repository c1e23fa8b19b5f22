import { randomBytes } from 'node:crypto';
import { Failure } from '@gantry/base';
import type { NewTotp, RecoveryCodes } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import type { SealedPlace } from '../../secrets/sealer.ts';
import { Settings } from '../../settings/settings.ts';
import { AttemptsService } from '../attempts.service.ts';
import { hashRecoveryCode, makeRecoveryCodes } from './recovery-codes.ts';
import { SecondFactorsStore } from './second-factors.store.ts';
import { base32, matchingStep, totpUri } from './totp.ts';

/** RFC 4226 recommends 160 bits, the length of the hash. */
const secretBytes = 20;
const freeTries = 5;

/** Authenticators and recovery codes. */
@Injectable()
export class SecondFactorsService {
  constructor(
    private readonly store: SecondFactorsStore,
    private readonly attempts: AttemptsService,
    private readonly settings: Settings,
  ) {}

  async hasTotp(userId: string): Promise<boolean> {
    return (await this.store.find(userId))?.confirmedAt != null;
  }

  hasPassword(userId: string): Promise<boolean> {
    return this.store.hasPassword(userId);
  }

  countRecoveryCodes(userId: string): Promise<number> {
    return this.store.countRecoveryCodes(userId);
  }

  /** A secret that counts for nothing until it is confirmed. `conflict` where there is one that is. */
  async begin({ userId, name }: { userId: string; name: string }): Promise<NewTotp> {
    const secret = randomBytes(secretBytes);
    if (!(await this.store.begin(userId, this.settings.keys.sealer.seal(secret, placeOf(userId))))) throw alreadyThere();
    return { secret: base32(secret), uri: totpUri(name, secret) };
  }

  /** The caller ends all sessions of the person. `unauthenticated` for a wrong code, `conflict` where it was confirmed already. */
  async confirm(userId: string, code: string): Promise<RecoveryCodes> {
    const totp = await this.store.find(userId);
    if (!totp) throw new Failure('conflict', 'there is no authenticator to confirm: begin first');
    if (totp.confirmedAt) throw alreadyThere();
    const allowances = allowancesOf(userId);
    using _try = await this.attempts.enter(allowances);
    const step = matchingStep(this.#open(userId, totp.secret), withoutBlanks(code), Date.now());
    if (step === undefined) throw wrongCode();
    const codes = makeRecoveryCodes();
    if (!(await this.store.confirm(userId, { step, hashes: codes.map(hashRecoveryCode) }))) throw alreadyThere();
    await this.attempts.forgive(allowances);
    return { codes };
  }

  /** `unauthenticated` for a code that is wrong or was used before, `exhausted` after too many tries. */
  async prove(userId: string, code: string): Promise<void> {
    const allowances = allowancesOf(userId);
    using _try = await this.attempts.enter(allowances);
    if (!(await this.#take(userId, code))) throw wrongCode();
    await this.attempts.forgive(allowances);
  }

  async renewRecoveryCodes(userId: string): Promise<RecoveryCodes> {
    if (!(await this.hasTotp(userId))) throw new Failure('conflict', 'recovery codes stand in for an authenticator: set one up first');
    const codes = makeRecoveryCodes();
    await this.store.replaceRecoveryCodes(userId, codes.map(hashRecoveryCode));
    return { codes };
  }

  async remove(userId: string): Promise<void> {
    await this.store.remove(userId);
  }

  async #take(userId: string, code: string): Promise<boolean> {
    const totp = await this.store.find(userId);
    if (!totp?.confirmedAt) return false;
    const given = withoutBlanks(code);
    if (!/^\d{6}$/.test(given)) return this.store.takeRecoveryCode(userId, hashRecoveryCode(code));
    const step = matchingStep(this.#open(userId, totp.secret), given, Date.now());
    return step !== undefined && (await this.store.takeStep(userId, step));
  }

  #open(userId: string, sealed: Uint8Array): Buffer {
    return this.settings.keys.sealer.open(sealed, placeOf(userId));
  }
}

function allowancesOf(userId: string): { key: string; free: number }[] {
  return [{ key: `code:${userId}`, free: freeTries }];
}

function placeOf(userId: string): SealedPlace {
  return { table: 'Totp', id: userId, field: 'secret' };
}

function withoutBlanks(code: string): string {
  return code.replace(/\s/g, '');
}

function wrongCode(): Failure {
  return new Failure('unauthenticated', 'the code is wrong, or was used before', { details: { needs: 'code', field: 'code' } });
}

function alreadyThere(): Failure {
  return new Failure('conflict', 'an authenticator is set up already: remove it first');
}
