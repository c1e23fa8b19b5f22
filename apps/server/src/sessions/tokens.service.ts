import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { RightsService } from '../access/rights.service.ts';
import type { Principal } from './principal.ts';
import { SessionsService } from './sessions.service.ts';
import { limitOf } from './token-limit.ts';
import { makeToken, tokenHash } from './token.ts';
import { type NewStoredToken, type StoredToken, TokensStore } from './tokens.store.ts';

/** What every token begins with, so that scanners of secrets know one when they see it. */
const mark = 'gantry_';
const shownLetters = 8;
const form = /^gantry_[\w-]{43}$/;
const storeUseEveryMs = 60_000;
const keepExpiredMs = 30 * 24 * 3_600_000;
const sweepMs = 3_600_000;

/** Told when a token came over a connection that others can read. */
export type SeenInClear = (token: StoredToken, address: string) => Promise<void>;

/** API tokens: 256 random bits, of which only the hash is stored. Each use takes the owner's rights as they are then, within the limits of the token. */
@Injectable()
export class TokensService implements OnModuleInit, OnModuleDestroy {
  readonly #usedAtMs = new Map<string, number>();
  #witness: SeenInClear = () => Promise.resolve();
  #sweep: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: TokensStore,
    private readonly sessions: SessionsService,
    private readonly rights: RightsService,
  ) {}

  onModuleInit(): void {
    const sweep = (): void => void this.store.removeExpired(new Date(Date.now() - keepExpiredMs)).catch(() => undefined); // tried again in an hour
    this.#sweep = setInterval(sweep, sweepMs);
  }

  onModuleDestroy(): void {
    clearInterval(this.#sweep);
  }

  /** Names who writes down that a token was seen in the clear. */
  report(witness: SeenInClear): void {
    this.#witness = witness;
  }

  /** The token is in this answer only. */
  async make(token: Omit<NewStoredToken, 'prefix' | 'tokenHash'>): Promise<{ token: string; stored: StoredToken }> {
    const secret = `${mark}${makeToken()}`;
    const prefix = secret.slice(0, mark.length + shownLetters);
    return { token: secret, stored: await this.store.add({ ...token, prefix, tokenHash: tokenHash(secret) }) };
  }

  list(userId?: string): Promise<StoredToken[]> {
    return this.store.list(userId);
  }

  /** Whoever the token stands for; undefined for one that is good no more. */
  async find(secret: string, address: string): Promise<Principal | undefined> {
    if (!form.test(secret)) return undefined;
    const stored = await this.store.find(tokenHash(secret));
    if (!isGood(stored)) return undefined;
    this.#note(stored, address);
    return this.#admit(stored);
  }

  /** Aborts when the token is revoked, expires or its owner is disabled; already aborted where it is good no more. */
  async ended(id: string): Promise<AbortSignal> {
    const stored = await this.store.get(id);
    if (isGood(stored)) await this.#admit(stored);
    return this.sessions.ended(id);
  }

  /** What was revoked since the store was asked was not here to be ended: so it is asked again, now that it is. */
  async #admit(stored: StoredToken): Promise<Principal | undefined> {
    const isNew = this.sessions.ended(stored.id).aborted;
    const principal = this.sessions.admit(this.#principalOf(stored));
    if (!isNew || isGood(await this.store.get(stored.id))) return principal;
    this.sessions.end(stored.id, 'revoked');
    return undefined;
  }

  /** Others may have read it on its way: it is good no more. */
  async revokeSeenInClear(secret: string, address: string): Promise<void> {
    const stored = form.test(secret) ? await this.store.find(tokenHash(secret)) : null;
    if (stored && (await this.revoke(stored.id))) await this.#witness(stored, address);
  }

  /** What is open under it ends at once. False where there is none, or it is of somebody else. */
  async revoke(id: string, ownerId?: string): Promise<boolean> {
    const isGone = await this.store.remove(id, ownerId);
    if (isGone) this.sessions.end(id, 'revoked');
    return isGone;
  }

  #principalOf(stored: StoredToken): Principal {
    const { id: sessionId, userId, expiresAt: endsAt } = stored;
    const rights = this.rights.of(userId, limitOf(stored));
    return { sessionId, userId, name: stored.user.name, rights, hasSecondFactor: true, isToken: true, endsAt };
  }

  #note({ id }: StoredToken, address: string): void {
    const now = Date.now();
    if (now - (this.#usedAtMs.get(id) ?? 0) < storeUseEveryMs) return;
    this.#usedAtMs.set(id, now);
    this.store.used(id, { at: new Date(now), address }).catch(() => undefined); // the next use writes it again
  }
}

function isGood(stored: StoredToken | null): stored is StoredToken {
  return stored !== null && stored.user.disabledAt === null && stored.expiresAt.getTime() > Date.now();
}
