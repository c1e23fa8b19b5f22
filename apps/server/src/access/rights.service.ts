import { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type Grant, grantOf, isLive, type Rights } from '@gantry/access';
import { Failure } from '@gantry/base';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { AccessTransaction, StoredGrant } from './given-grants.store.ts';
import { GrantsStore, type StoredAccess } from './grants.store.ts';
import { scopeOf } from './stored-scope.ts';

interface Changes {
  /** Somebody's rights, or groups or labels of a host, are not what they were: whatever is open is decided again. */
  changed: [epoch: bigint, what: 'rights' | 'hosts'];
}

const longestTimerMs = 2 ** 31 - 1;
const reloadPauseMs = 250;

/**
 * Who may do what, in memory: the grants of each person, their own and those of their teams. Rebuilt from the database at the start and after
 * each change, so a request asks nobody. The epoch is stored and counts the changes.
 */
@Injectable()
export class RightsService implements OnModuleInit, OnModuleDestroy {
  readonly changes = new EventEmitter<Changes>();
  #epoch = 0n;
  #ofUser: ReadonlyMap<string, readonly Grant[]> = new Map();
  #all: readonly Grant[] = [];
  #ofTeam: ReadonlyMap<string, readonly Grant[]> = new Map();
  #disabled: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #loads = 0;
  /** Settles when the change that was asked for last is over. */
  #lastTurn: Promise<unknown> = Promise.resolve();
  readonly #ending = new AbortController();

  constructor(private readonly store: GrantsStore) {
    this.changes.setMaxListeners(50);
  }

  async onModuleInit(): Promise<void> {
    await this.#load();
  }

  onModuleDestroy(): void {
    this.#ending.abort(new Failure('unavailable', 'the server stops'));
    clearTimeout(this.#timer);
  }

  get epoch(): bigint {
    return this.#epoch;
  }

  /** The rights of a person as they are whenever they are read; what is kept open holds on to this and asks again. `within` is a token's limit. */
  of(userId: string, within?: readonly Grant[]): Rights {
    const now = (): readonly Grant[] => this.#ofUser.get(userId) ?? [];
    return {
      get grants() {
        return now();
      },
      ...(within ? { within } : {}),
    };
  }

  /** Every grant of anybody, each once. */
  get all(): readonly Grant[] {
    return this.#all;
  }

  /** Whoever is let in nowhere, whatever their grants are. */
  isDisabled(userId: string): boolean {
    return this.#disabled.has(userId);
  }

  ofTeam(teamId: string): readonly Grant[] {
    return this.#ofTeam.get(teamId) ?? [];
  }

  /**
   * Changes people or rights (see `GrantsStore.change`), one after the other; when it resolves, everybody's rights are the new ones and what
   * they no longer cover has been told so. What `work` reads here is what all changes before it have left: decisions belong inside. Those that
   * wait hold no connection. `work` must not ask for another change. `unavailable` where the server stops meanwhile.
   */
  async change<T>(work: (transaction: AccessTransaction) => Promise<T>): Promise<T> {
    const before = this.#lastTurn;
    const { promise: turn, resolve: endTurn } = Promise.withResolvers<undefined>();
    this.#lastTurn = turn;
    await before;
    let current: Promise<void> = Promise.resolve();
    try {
      this.#ending.signal.throwIfAborted();
      const done = await this.store.change(work);
      await (current = this.#loadAtLast());
      return done;
    } catch (thrown) {
      // It may have been committed although nobody said so. The caller is told at once; whoever comes next waits for what is stored.
      if (!(thrown instanceof Failure)) current = this.#loadAtLast();
      throw thrown;
    } finally {
      void current.catch(() => undefined).then(() => endTurn(undefined)); // only the end of the server ends it early, and that refuses the next one too
    }
  }

  /** Something beside the grants has changed that decides with them: groups or labels of a host. */
  touched(): void {
    this.changes.emit('changed', this.#epoch, 'hosts');
  }

  /** What is stored counts: a database that is away for a moment must not leave anybody with what was taken from them. */
  async #loadAtLast(): Promise<void> {
    const { signal } = this.#ending;
    for (;;) {
      signal.throwIfAborted();
      try {
        return await this.#load();
      } catch {
        await pause(reloadPauseMs, undefined, { signal }).catch(() => undefined); // the abort is thrown above
      }
    }
  }

  /** Of loads that overlap the one that began last counts. */
  async #load(): Promise<void> {
    const load = ++this.#loads;
    const stored = await this.store.load();
    if (load < this.#loads && stored.epoch <= this.#epoch) return;
    if (stored.epoch < this.#epoch) return;
    this.#epoch = stored.epoch;
    const ofUser = byKey(stored, ({ userId }) => userId);
    this.#ofTeam = byKey(stored, ({ teamId }) => teamId);
    this.#disabled = new Set(stored.disabled);
    this.#all = [...ofUser.values(), ...this.#ofTeam.values()].flat();
    this.#ofUser = withTeams(ofUser, this.#ofTeam, stored.members);
    this.#awaitExpiry(new Date());
    this.changes.emit('changed', this.#epoch, 'rights');
  }

  /** A grant that ends by itself ends what is open as a revoked one does. */
  #awaitExpiry(now: Date): void {
    clearTimeout(this.#timer);
    const all = [...this.#ofUser.values()].flat();
    const ends = all.filter((grant) => isLive(grant, now)).map(({ expiresAt }) => expiresAt?.getTime() ?? Infinity);
    const next = ends.reduce((a, b) => Math.min(a, b), Infinity);
    if (next === Infinity) return;
    this.#timer = setTimeout(
      () => {
        this.#awaitExpiry(new Date());
        this.changes.emit('changed', this.#epoch, 'rights');
      },
      Math.min(Math.max(0, next - now.getTime()) + 1, longestTimerMs),
    );
    this.#timer.unref();
  }
}

function byKey({ grants, roles }: StoredAccess, keyOf: (grant: StoredGrant) => string | null): Map<string, Grant[]> {
  const custom = new Map(roles.map(({ id, permissions }) => [id, permissions]));
  const found = new Map<string, Grant[]>();
  for (const stored of grants) {
    const [key, grant] = [keyOf(stored), read(stored, custom)];
    if (key !== null && grant) found.set(key, [...(found.get(key) ?? []), grant]);
  }
  return found;
}

/** Undefined for a grant that this program cannot read: it gives nothing. */
function read(stored: StoredGrant, custom: ReadonlyMap<string, readonly string[]>): Grant | undefined {
  const { id, addOns, expiresAt, builtIn, roleId } = stored;
  const scope = scopeOf(stored);
  const role = builtIn ?? roleId;
  if (!scope || role === null) return undefined;
  return grantOf({ id, role, addOns, scope, ...(expiresAt ? { expiresAt } : {}) }, custom.get(role));
}

function withTeams(
  own: ReadonlyMap<string, readonly Grant[]>,
  ofTeam: ReadonlyMap<string, readonly Grant[]>,
  members: StoredAccess['members'],
): Map<string, readonly Grant[]> {
  const all = new Map<string, readonly Grant[]>(own);
  for (const { teamId, userId } of members) all.set(userId, [...(all.get(userId) ?? []), ...(ofTeam.get(teamId) ?? [])]);
  return all;
}
