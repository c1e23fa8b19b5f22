import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { Failure } from '@gantry/base';
import type { LoginOutcome, NewLoginRequest } from '@gantry/contract';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { SessionsService } from '../sessions/sessions.service.ts';
import { addressBlock } from './address-block.ts';
import { newLoginCode, plainLoginCode } from './login-code.ts';

const lifeMs = 10 * 60_000;
const everySeconds = 2;
/** Waiting at a time. */
const mostOfBlock = 10;
const mostWaiting = 500;

/** A machine that asks to be let in. */
export interface AskingMachine {
  /** PKCS #10, PEM: the key for which a certificate is asked. */
  readonly request: string;
  /** What it calls itself. */
  readonly name: string;
  readonly address: string;
}

export interface WaitingLogin extends AskingMachine {
  readonly id: string;
  /** Of its address: whose places it takes. */
  readonly block: string;
  readonly code: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly secretHash: Uint8Array;
  readonly expiry: NodeJS.Timeout;
  outcome: LoginOutcome;
  /** Whose certificate it became. */
  userId: string | undefined;
  /** Somebody is just approving it: one that is approved twice at once is approved once. */
  isApproving: boolean;
  isCollected: boolean;
}

/** What a request is named by in a browser: its id, to which the code led, and the code again. */
export interface NamedLogin {
  readonly id: string;
  readonly code: string;
}

/**
 * Machines that wait until somebody lets them in, in the memory of this server, for ten minutes each. A code is good for one answer; what came of it is for whoever
 * has the secret.
 */
@Injectable()
export class WaitingLogins implements OnModuleDestroy {
  readonly #log = new Logger('login requests');
  readonly #all = new Map<string, WaitingLogin>();

  constructor(private readonly sessions: SessionsService) {}

  onModuleDestroy(): void {
    for (const { expiry } of this.#all.values()) clearTimeout(expiry);
    this.#all.clear();
  }

  /** `exhausted` where too many of that address wait: of IPv6, of its /64. */
  refuseMore(address: string): void {
    if ((this.#openByBlock().get(addressBlock(address)) ?? []).length >= mostOfBlock)
      throw new Failure('exhausted', 'too many machines wait to be let in: try again in ten minutes', {
        details: { retryAfterSeconds: lifeMs / 1000 },
      });
  }

  /** Takes one in; `exhausted` where too many of its address wait. Where too many wait in all, one of those who have most of them waits no more. */
  add(machine: AskingMachine): NewLoginRequest {
    this.refuseMore(machine.address);
    this.#makeRoom();
    const [id, secret, createdAt] = [randomUUID(), randomBytes(32).toString('base64url'), new Date()];
    let code = newLoginCode();
    while (this.find(code)) code = newLoginCode();
    const expiresAt = new Date(createdAt.getTime() + lifeMs);
    const expiry = setTimeout(() => void this.#expire(id), lifeMs).unref();
    this.#all.set(id, {
      ...{ ...machine, id, block: addressBlock(machine.address), code, createdAt, expiresAt, secretHash: hashOf(secret), expiry },
      ...{ outcome: { state: 'waiting' }, userId: undefined, isApproving: false, isCollected: false },
    });
    return { id, secret, code, expiresAt: expiresAt.toISOString(), everySeconds };
  }

  /** `not-found` alike for one that is not there and for another secret. */
  collect(id: string, secret: string): LoginOutcome {
    const waiting = this.#all.get(id);
    if (!waiting || !timingSafeEqual(waiting.secretHash, hashOf(secret)))
      throw new Failure('not-found', 'no such request: it has expired, run gantry login again');
    if (waiting.outcome.state === 'approved') waiting.isCollected = true;
    return waiting.outcome;
  }

  /** The one that waits with a code, however it was typed. */
  find(typed: string): WaitingLogin | undefined {
    const code = plainLoginCode(typed);
    return [...this.#all.values()].find((one) => one.code === code && isOpen(one));
  }

  /** `not-found` for one that does not wait any more. */
  open({ id, code }: NamedLogin): WaitingLogin {
    const waiting = this.find(code);
    if (waiting?.id !== id) throw waitsNoMore();
    return waiting;
  }

  /** `not-found` where its ten minutes have ended, or it had to make room: what would come of it nobody could fetch. */
  insistOn({ id }: WaitingLogin): void {
    if (!this.#all.has(id)) throw waitsNoMore();
  }

  /** Revokes a certificate that its machine does not get; where that cannot be done, the log says so. */
  async withdraw(certificateId: string, userId: string): Promise<void> {
    await this.sessions.revoke(certificateId, userId).catch((thrown: unknown) => {
      this.#log.warn(`a certificate that nobody fetched was not revoked: ${Failure.from(thrown).message}`);
    });
  }

  /** Those that wait, by whom they are from: the oldest first. */
  #openByBlock(): Map<string, WaitingLogin[]> {
    return Map.groupBy([...this.#all.values()].filter(isOpen), ({ block }) => block);
  }

  /** Nobody with many addresses keeps everybody else out: they lose their own places first. */
  #makeRoom(): void {
    const blocks = [...this.#openByBlock().values()];
    if (blocks.reduce((count, block) => count + block.length, 0) < mostWaiting) return;
    const [oldest] = blocks.reduce((most, block) => (block.length > most.length ? block : most));
    if (!oldest) return;
    clearTimeout(oldest.expiry);
    this.#all.delete(oldest.id);
  }

  /** A certificate that its machine never fetched is of no use to anybody. */
  async #expire(id: string): Promise<void> {
    const waiting = this.#all.get(id);
    this.#all.delete(id);
    if (waiting?.outcome.state !== 'approved' || waiting.isCollected || waiting.userId === undefined) return;
    await this.withdraw(waiting.outcome.certificate.id, waiting.userId);
  }
}

function waitsNoMore(): Failure {
  return new Failure('not-found', 'this machine does not wait any more: it was answered, or its request has expired');
}

function isOpen({ outcome, isApproving }: WaitingLogin): boolean {
  return outcome.state === 'waiting' && !isApproving;
}

function hashOf(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest();
}
