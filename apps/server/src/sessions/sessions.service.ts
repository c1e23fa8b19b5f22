import { createHash, randomBytes } from 'node:crypto';
import type { EndedMessage } from '@gantry/contract';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { RightsService } from '../access/rights.service.ts';
import type { Principal } from './principal.ts';
import { SessionsStore, type StoredSession } from './sessions.store.ts';

export type EndReason = EndedMessage['reason'];

interface Live {
  readonly principal: Principal;
  readonly ended: AbortController;
  seenAtMs: number;
  storedAtMs: number;
}

export const idleMs = 30 * 60_000;
export const longestMs = 12 * 3_600_000;
const sweepMs = 5_000;
const storeSeenEveryMs = 60_000;
const pruneEveryMs = 3_600_000;

/**
 * Sessions: opaque tokens of 256 bits, of which only the hash is stored. One that is ended here aborts its signal at once, so sockets and
 * streams that were opened under it close with it.
 */
@Injectable()
export class SessionsService implements OnModuleInit, OnModuleDestroy {
  readonly #live = new Map<string, Live>();
  #sweep: NodeJS.Timeout | undefined;
  #prunedAtMs = 0;

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

  /** Opens a session of a person who has just proven who they are; the token is in this answer only. */
  async open(userId: string, from: { address: string; userAgent: string }): Promise<{ token: string; principal: Principal }> {
    const token = randomBytes(32).toString('base64url');
    const expiresAt = new Date(Date.now() + longestMs);
    const userAgent = from.userAgent.slice(0, 256);
    const stored = await this.store.add({ tokenHash: hash(token), userId, expiresAt, address: from.address, userAgent });
    return { token, principal: this.#enter(stored).principal };
  }

  /** Whose session the token is of; undefined where it is of none that is still good. Counts as a sign of life. */
  async find(token: string): Promise<Principal | undefined> {
    if (token.length !== 43) return undefined;
    const stored = await this.store.find(hash(token));
    const now = Date.now();
    if (!stored || stored.expiresAt.getTime() <= now) return undefined;
    const live = this.#live.get(stored.id);
    if (now - Math.max(stored.lastSeenAt.getTime(), live?.seenAtMs ?? 0) > idleMs) return undefined;
    const entered = live ?? this.#enter(stored);
    this.touch(entered.principal.sessionId);
    return entered.principal;
  }

  /** A sign of life from an open socket. */
  touch(sessionId: string): void {
    const live = this.#live.get(sessionId);
    if (!live) return;
    live.seenAtMs = Date.now();
    if (live.seenAtMs - live.storedAtMs < storeSeenEveryMs) return;
    live.storedAtMs = live.seenAtMs;
    this.store.seen(sessionId, new Date(live.seenAtMs)).catch(() => undefined); // the next sign of life writes it again
  }

  /** Aborts when the session ends, with an `EndReason` as reason. Already aborted where it has. */
  ended(sessionId: string): AbortSignal {
    return this.#live.get(sessionId)?.ended.signal ?? AbortSignal.abort('expired' satisfies EndReason);
  }

  async close(sessionId: string): Promise<void> {
    await this.store.remove(sessionId);
    this.#end(sessionId, 'signed-out');
  }

  async removeAllOf(userId: string, reason: EndReason): Promise<void> {
    await this.store.removeOfUser(userId);
    this.endAllOf(userId, reason);
  }

  /** Ends what is open of a person whose stored sessions are gone already. */
  endAllOf(userId: string, reason: EndReason): void {
    for (const [id, { principal }] of [...this.#live]) if (principal.userId === userId) this.#end(id, reason);
  }

  #enter(stored: StoredSession): Live {
    const { id: sessionId, userId, expiresAt: endsAt } = stored;
    const principal: Principal = { sessionId, userId, name: stored.user.name, rights: this.rights.of(userId), endsAt };
    const live = { principal, ended: new AbortController(), seenAtMs: Date.now(), storedAtMs: stored.lastSeenAt.getTime() };
    this.#live.set(sessionId, live);
    return live;
  }

  #endIdle(now: number): void {
    for (const [id, { principal, seenAtMs }] of [...this.#live])
      if (now - seenAtMs > idleMs || principal.endsAt.getTime() <= now) this.#end(id, 'expired');
    if (now - this.#prunedAtMs < pruneEveryMs) return;
    this.#prunedAtMs = now;
    this.store.removeEnded(new Date(now), new Date(now - idleMs)).catch(() => undefined); // they are refused anyway; tried again in an hour
  }

  #end(id: string, reason: EndReason): void {
    const live = this.#live.get(id);
    this.#live.delete(id);
    live?.ended.abort(reason);
  }
}

function hash(token: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(token).digest());
}
