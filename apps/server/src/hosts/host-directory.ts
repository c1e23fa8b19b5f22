import { EventEmitter } from 'node:events';
import { Failure } from '@gantry/base';
import { HostFacts, type HostSample } from '@gantry/contract';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DepartedHosts, type HostPlace } from './departed-hosts.ts';
import { HostsStore, type StoredHost } from './hosts.store.ts';

export type HostStatus = 'pending' | 'active' | 'quarantined';
export type LinkState = 'live' | 'late' | 'offline';

/** A host as the server knows it now. */
export interface KnownHost {
  readonly id: string;
  readonly publicKey: string;
  readonly name: string;
  readonly status: HostStatus;
  readonly labels: Readonly<Record<string, string>>;
  /** Ids of the groups that it is in. */
  readonly groups: readonly string[];
  readonly facts: HostFacts | undefined;
  readonly joinedAt: Date;
  readonly lastSeenAt: Date | undefined;
  readonly link: LinkState;
  readonly load: HostSample | undefined;
}

interface Changes {
  /** Added or changed; not for its load, which changes each second. */
  changed: [host: KnownHost];
  /** A person has decided about it: its link has to begin anew. */
  decided: [host: KnownHost];
  removed: [id: string];
}

/** All hosts in memory: what is stored, and what their links say. Rebuilt from the database at the start. */
@Injectable()
export class HostDirectory implements OnModuleInit {
  readonly changes = new EventEmitter<Changes>();
  readonly #hosts = new Map<string, KnownHost>();
  readonly #departed = new DepartedHosts();

  constructor(private readonly store: HostsStore) {
    this.changes.setMaxListeners(50);
  }

  async onModuleInit(): Promise<void> {
    for (const stored of await this.store.list()) this.#hosts.set(stored.id, known(stored));
  }

  get all(): readonly KnownHost[] {
    return [...this.#hosts.values()];
  }

  find(id: string): KnownHost | undefined {
    return this.#hosts.get(id);
  }

  /** Where what is on a host stands, or stood: also of one that was removed a moment ago. */
  place(id: string): HostPlace | undefined {
    return this.#hosts.get(id) ?? this.#departed.find(id);
  }

  /** `not-found` for a host that is not there; the same text for one that the caller may not see. */
  get(id: string): KnownHost {
    const host = this.#hosts.get(id);
    if (!host) throw new Failure('not-found', `no such host: ${id}`);
    return host;
  }

  /** A host has just been stored. */
  added(stored: StoredHost): void {
    this.#put(known(stored));
  }

  /** Notes what the database says now. */
  stored(stored: StoredHost, what: 'described' | 'decided'): KnownHost {
    const { link, load, groups } = this.get(stored.id);
    const host = { ...known(stored), link, load, groups };
    this.#put(host);
    if (what === 'decided') this.changes.emit('decided', host);
    return host;
  }

  removed(id: string): void {
    const host = this.#hosts.get(id);
    if (!host) return;
    this.#departed.add(host);
    this.#hosts.delete(id);
    this.changes.emit('removed', id);
  }

  noteLink(id: string, link: LinkState): void {
    const host = this.#hosts.get(id);
    if (host) this.#put({ ...host, link, lastSeenAt: link === 'live' ? new Date() : host.lastSeenAt });
  }

  noteFacts(id: string, facts: HostFacts): void {
    const host = this.#hosts.get(id);
    if (host) this.#put({ ...host, facts });
  }

  noteGroups(id: string, groups: readonly string[]): void {
    const host = this.#hosts.get(id);
    if (host) this.#put({ ...host, groups });
  }

  noteLoad(id: string, load: HostSample): void {
    const host = this.#hosts.get(id);
    if (host) this.#hosts.set(id, { ...host, load, lastSeenAt: new Date() });
  }

  #put(host: KnownHost): void {
    this.#hosts.set(host.id, host);
    this.changes.emit('changed', host);
  }
}

function known(stored: StoredHost): KnownHost {
  const { id, publicKey, name, status, labels, groups = [], joinedAt, lastSeenAt } = stored;
  const facts = HostFacts.safeParse(stored.facts).data;
  return {
    id,
    publicKey,
    name,
    status: status === 'active' || status === 'quarantined' ? status : 'pending',
    labels: labels as Record<string, string>,
    groups: groups.map(({ groupId }) => groupId),
    facts,
    joinedAt,
    lastSeenAt: lastSeenAt ?? undefined,
    link: 'offline',
    load: undefined,
  };
}
