import { EventEmitter } from 'node:events';
import { Failure } from '@gantry/base';
import type { EndedMessage, SessionLimits } from '@gantry/contract';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { RightsService } from '../access/rights.service.ts';
import type { Principal } from './principal.ts';
import { limitOf } from './token-limit.ts';
import { type NewCertificateSession, SessionsStore, type SignedInBy, type StoredSession } from './sessions.store.ts';
import { makeToken, tokenHash } from './token.ts';

export type EndReason = EndedMessage['reason'];

/** Somebody who may open a session: the epoch is the one under which they proved who they are. */
export interface Entrant {
  readonly id: string;
  readonly signInEpoch: number;
  readonly via?: SignedInBy;
  /** Where it was not just now. */
  readonly provenAt?: Date;
}

interface Live {
  principal: Principal;
  readonly ended: AbortController;
  readonly openedAtMs: number;
  provenAtMs: number;
  seenAtMs: number;
  storedAtMs: number;
}

/** How long a session lives, at most and without a sign of life, until somebody sets it otherwise. */
export const usualLimits: SessionLimits = { idleMinutes: 30, longestHours: 12 };
/** How long after a proof somebody may change what is dangerous. */
export const recentMs = 10 * 60_000;
const mostCertificates = 100;
/** What expires ends so soon after. */
const sweepMs = 500;
const storeSeenEveryMs = 60_000;
const hourMs = 3_600_000;
const pruneEveryMs = hourMs;

/**
 * Sessions: opaque tokens of 256 bits, of which only the hash is stored. One that is ended here aborts its signal at once, so sockets and
 * streams that were opened under it close with it.
 */
@Injectable()
export class SessionsService implements OnModuleInit, OnModuleDestroy {
  /** Everything of a person has ended, also what needs no session to go on. */
  readonly endings = new EventEmitter<{ all: [userId: string] }>();
  readonly #live = new Map<string, Live>();
  #sweep: NodeJS.Timeout | undefined;
  #prunedAtMs = 0;
  /** Idleness counts for all sessions at once, the longest time for those that are opened from now on. */
  limits: SessionLimits = usualLimits;

  constructor(
    private readonly store: SessionsStore,
    private readonly rights: RightsService,
  ) {}

  onModuleInit(): void {
    this.#sweep = setInterval(() => this.#endIdle(Date.now()), sweepMs);
  }

  onModuleDestroy(): void {
    clearInterval(this.#sweep);
    for (const id of [...this.#live.keys()]) this.#end(id, 'server-stops');
  }

  get #idleMs(): number {
    return this.limits.idleMinutes * 60_000;
  }

  /** Opens a session of a person who has proven who they are; the token is in this answer only. */
  async open(
    { id, signInEpoch, via = 'password', provenAt = new Date() }: Entrant,
    from: { address: string; userAgent: string },
  ): Promise<{ token: string; principal: Principal }> {
    const token = makeToken();
    const expiresAt = new Date(Date.now() + this.limits.longestHours * hourMs);
    const userAgent = from.userAgent.slice(0, 256);
    const { address } = from;
    const whose = { tokenHash: tokenHash(token), userId: id, epoch: signInEpoch, provenAt, via };
    const stored = await this.store.add({ ...whose, expiresAt, address, userAgent });
    if (!isGood(stored)) throw new Failure('unauthenticated', 'sign in again: the password was changed meanwhile');
    return { token, principal: this.#enter(stored).principal };
  }

  /** Whose session the token is of; undefined where it is of none that is still good. Counts as a sign of life. */
  async find(token: string): Promise<Principal | undefined> {
    if (token.length !== 43) return undefined;
    const hash = tokenHash(token);
    const stored = await this.store.find(hash);
    const now = Date.now();
    if (!stored || stored.serial !== null || !isGood(stored) || stored.expiresAt.getTime() <= now) return undefined;
    const live = this.#live.get(stored.id);
    if (now - Math.max(stored.lastSeenAt.getTime(), live?.seenAtMs ?? 0) > this.#idleMs) return undefined;
    return this.#current(stored, hash);
  }

  /** Whose client certificate that is, by its SHA-256; undefined where it was revoked or has expired. Idle ones stay. */
  async findCertificate(hash: Uint8Array<ArrayBuffer>): Promise<Principal | undefined> {
    const stored = await this.store.find(hash);
    if (!stored || stored.serial === null || !isGood(stored) || stored.expiresAt.getTime() <= Date.now()) return undefined;
    return this.#current(stored, hash);
  }

  /** Takes a certificate in that was just made for the person; `exhausted` where they have a hundred. */
  async addCertificate(certificate: NewCertificateSession, maker: Principal): Promise<void> {
    if ((await this.store.countCertificates(certificate.userId)) >= mostCertificates)
      throw new Failure('exhausted', `there are ${mostCertificates} certificates already: revoke those that nobody uses`);
    const stored = await this.store.addCertificate(certificate, { sessionId: maker.sessionId, isToken: maker.isToken === true });
    if (!stored || !isGood(stored)) throw new Failure('unauthenticated', 'sign in again: this session has ended');
  }

  async #current(stored: StoredSession, hash: Uint8Array<ArrayBuffer>): Promise<Principal | undefined> {
    const entered = this.#live.get(stored.id) ?? (await this.#enterAgain(stored, hash));
    if (!entered) return undefined;
    const { name, hasSecondFactor } = { ...entered.principal };
    const current = { name: stored.user.name, hasSecondFactor: hasSecondFactorIn(stored) };
    if (name !== current.name || hasSecondFactor !== current.hasSecondFactor) entered.principal = { ...entered.principal, ...current };
    this.touch(entered.principal.sessionId);
    return entered.principal;
  }

  /** Takes in a token's principal, so that what is open under it ends as under a session. Each use brings it as it is then. */
  admit(principal: Principal): Principal {
    const live = this.#live.get(principal.sessionId);
    if (live) live.principal = principal;
    else {
      const never = { openedAtMs: -Infinity, provenAtMs: -Infinity, seenAtMs: Infinity, storedAtMs: Infinity };
      this.#live.set(principal.sessionId, { principal, ended: new AbortController(), ...never });
    }
    return principal;
  }

  /** Ends what is open under a session or a token, and under certificates that were made with the token. */
  end(id: string, reason: EndReason): void {
    this.#end(id, reason);
    for (const [other, { principal }] of [...this.#live]) if (principal.madeBy === id) this.#end(other, reason);
  }

  /** Whether the person proved within the last ten minutes that it is them. */
  isProven(sessionId: string): boolean {
    return Date.now() - (this.#live.get(sessionId)?.provenAtMs ?? -Infinity) < recentMs;
  }

  /** Whether it was opened within the last ten minutes, by somebody who has neither password, passkey nor authenticator. */
  async mayEnrol({ sessionId, userId }: Principal): Promise<boolean> {
    return Date.now() - (this.#live.get(sessionId)?.openedAtMs ?? -Infinity) < recentMs && !(await this.store.canProve(userId));
  }

  /** The person has proven again that it is them: the session goes on under a new token, and the old one is worth nothing. */
  async prove(sessionId: string): Promise<string> {
    const token = makeToken();
    const provenAt = new Date();
    if (!(await this.store.prove(sessionId, tokenHash(token), provenAt))) throw new Failure('unauthenticated', 'this session has ended');
    const live = this.#live.get(sessionId);
    if (live) live.provenAtMs = provenAt.getTime();
    return token;
  }

  /** What the person proves with has changed: every other session ends, this one goes on under a new token. */
  async restart({ sessionId, userId }: Principal): Promise<string> {
    const token = makeToken();
    const provenAt = new Date();
    if (!(await this.store.restart({ id: sessionId, userId }, tokenHash(token), provenAt)))
      throw new Failure('unauthenticated', 'this session has ended');
    const live = this.#live.get(sessionId);
    if (live) live.provenAtMs = provenAt.getTime();
    this.#endOthers(sessionId, userId);
    return token;
  }

  /** Those of a person that are still good, the one seen last first. */
  async list(userId: string): Promise<(StoredSession & { readonly seenAt: Date })[]> {
    const now = Date.now();
    return (await this.store.listOfUser(userId))
      .map((stored) => ({ ...stored, seenAt: new Date(Math.max(stored.lastSeenAt.getTime(), this.#live.get(stored.id)?.seenAtMs ?? 0)) }))
      .filter((stored) => isGood(stored) && stored.expiresAt.getTime() > now)
      .filter(({ serial, seenAt }) => serial !== null || now - seenAt.getTime() <= this.#idleMs);
  }

  /** Ends one session of the person; `not-found` where they have no such. */
  async revoke(sessionId: string, userId: string): Promise<void> {
    if (!(await this.store.removeOne(sessionId, userId))) throw new Failure('not-found', `no such session: ${sessionId}`);
    this.#end(sessionId, 'revoked');
  }

  /** Ends all sessions of the person but this one. */
  async revokeOthers({ sessionId, userId }: Principal): Promise<void> {
    await this.store.removeOthers(sessionId, userId);
    this.#endOthers(sessionId, userId);
  }

  /** A sign of life from an open socket. */
  touch(sessionId: string): void {
    const live = this.#live.get(sessionId);
    if (!live || live.principal.isToken) return;
    live.seenAtMs = Date.now();
    if (live.seenAtMs - live.storedAtMs < storeSeenEveryMs) return;
    live.storedAtMs = live.seenAtMs;
    this.store.seen(sessionId, new Date(live.seenAtMs)).catch(() => undefined); // the next sign of life writes it again
  }

  /** Aborts when the session ends, with an `EndReason` as reason. Already aborted where it has. */
  ended(sessionId: string): AbortSignal {
    return this.#live.get(sessionId)?.ended.signal ?? AbortSignal.abort('expired' satisfies EndReason);
  }

  async close({ sessionId, userId }: Principal): Promise<void> {
    await this.store.removeOne(sessionId, userId);
    this.#end(sessionId, 'signed-out');
  }

  async removeAllOf(userId: string, reason: EndReason): Promise<void> {
    await this.store.removeOfUser(userId);
    this.endAllOf(userId, reason);
  }

  /** Ends what is open of a person whose stored sessions are gone already. */
  endAllOf(userId: string, reason: EndReason): void {
    for (const [id, { principal }] of [...this.#live]) if (principal.userId === userId) this.#end(id, reason);
    this.endings.emit('all', userId);
  }

  /** Ends what is open of those that are meant; their sessions themselves stay good. */
  cut(isMeant: (principal: Principal) => boolean): void {
    for (const [id, { principal }] of [...this.#live]) if (isMeant(principal)) this.#end(id, 'revoked');
  }

  #enter(stored: StoredSession): Live {
    const principal = this.#principalOf(stored);
    const live = {
      principal,
      ended: new AbortController(),
      openedAtMs: stored.serial === null ? stored.createdAt.getTime() : -Infinity,
      provenAtMs: stored.provenAt.getTime(),
      seenAtMs: Date.now(),
      storedAtMs: stored.lastSeenAt.getTime(),
    };
    this.#live.set(stored.id, live);
    return live;
  }

  /** What was ended since the store was asked was not here to be ended: so it is asked again, now that it is. */
  async #enterAgain(stored: StoredSession, hash: Uint8Array<ArrayBuffer>): Promise<Live | undefined> {
    const live = this.#enter(stored);
    const now = await this.store.find(hash);
    if (now && isGood(now)) return live;
    this.#end(stored.id, 'revoked');
    return undefined;
  }

  #principalOf(stored: StoredSession): Principal {
    const { id: sessionId, userId, expiresAt: endsAt, serial, userAgent, apiToken } = stored;
    const rights = this.rights.of(userId, apiToken ? limitOf(apiToken) : undefined);
    const who = { sessionId, userId, name: stored.user.name, rights, hasSecondFactor: hasSecondFactorIn(stored), endsAt };
    return { ...who, ...(serial === null ? {} : { certificate: userAgent }), ...(apiToken ? { madeBy: apiToken.id } : {}) };
  }

  /** Tokens go on: they are revoked one by one. */
  #endOthers(sessionId: string, userId: string): void {
    for (const [id, { principal }] of [...this.#live])
      if (principal.userId === userId && id !== sessionId && !principal.isToken) this.#end(id, 'revoked');
  }

  #endIdle(now: number): void {
    for (const [id, { principal, seenAtMs }] of [...this.#live])
      if ((now - seenAtMs > this.#idleMs && principal.certificate === undefined) || principal.endsAt.getTime() <= now)
        this.#end(id, 'expired');
    if (now - this.#prunedAtMs < pruneEveryMs) return;
    this.#prunedAtMs = now;
    this.store.removeEnded(new Date(now), new Date(now - this.#idleMs)).catch(() => undefined); // they are refused anyway; tried again in an hour
  }

  #end(id: string, reason: EndReason): void {
    const live = this.#live.get(id);
    this.#live.delete(id);
    live?.ended.abort(reason);
  }
}

/** Not where the person was disabled, or all their sessions ended while this one was being opened. */
function isGood({ epoch, user }: StoredSession): boolean {
  return user.disabledAt === null && user.signInEpoch === epoch;
}

const oneFactor: readonly string[] = ['password', 'sso-one-factor'] satisfies SignedInBy[];

/** A provider may answer for it. Whoever has a passkey and came with the password alone has shown one factor. */
function hasSecondFactorIn({ user, via }: StoredSession): boolean {
  return !oneFactor.includes(via) || user.totp?.confirmedAt != null;
}
