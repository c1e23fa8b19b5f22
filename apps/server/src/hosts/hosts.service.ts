import { decide, type Rights } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { Host } from '@gantry/contract';
import { fingerprintOf } from '@gantry/link';
import { Injectable } from '@nestjs/common';
import { GivingService } from '../access/giving.service.ts';
import { Resources } from '../access/resources.ts';
import { RightsService } from '../access/rights.service.ts';
import { type Counts, countsOf, Fleet } from '../fleet/fleet.ts';
import { promisedGrants } from '../oidc/promised-grants.ts';
import type { Principal } from '../sessions/principal.ts';
import { HostDirectory, type KnownHost } from './host-directory.ts';
import { HostsStore, type StoredHost } from './hosts.store.ts';

/** Who may do what with hosts. */
@Injectable()
export class HostAccess {
  constructor(
    readonly rights: RightsService,
    readonly resources: Resources,
    readonly giving: GivingService,
  ) {}
}

/** What is known of hosts and of what runs on them. */
@Injectable()
export class KnownHosts {
  constructor(
    readonly directory: HostDirectory,
    readonly fleet: Fleet,
  ) {}
}

@Injectable()
export class HostsService {
  constructor(
    private readonly store: HostsStore,
    private readonly known: KnownHosts,
    private readonly access: HostAccess,
  ) {}

  list({ rights }: Principal): Host[] {
    return this.known.directory.all.map((host) => this.describe(host, rights)).filter((host) => host !== undefined);
  }

  get(id: string, { rights }: Principal): Host {
    return this.#whole(this.known.directory.get(id), this.#counts(id, rights));
  }

  /** Other labels may put the host into the scope of others' grants: `forbidden` where that is more than the caller could give them. */
  async update(
    id: string,
    change: { name?: string | undefined; labels?: Record<string, string> | undefined },
    by: Principal,
  ): Promise<Host> {
    const { name, labels } = change;
    const renamed = name === undefined ? {} : { name };
    const stored = labels === undefined ? await this.store.update(id, renamed) : await this.#relabel(id, { ...renamed, labels }, by);
    if (!stored) throw new Failure('not-found', `no such host: ${id}`);
    const host = this.known.directory.stored(stored, 'described');
    if (labels !== undefined) this.access.rights.touched();
    return this.#whole(host, this.#counts(id, by.rights));
  }

  /** In the turns that grants change in: what is decided about grants by labels is so until the labels are there. */
  #relabel(id: string, change: { name?: string; labels: Record<string, string> }, by: Principal): Promise<StoredHost | undefined> {
    return this.access.rights.change(async (transaction) => {
      const promised = await promisedGrants(transaction);
      this.access.giving.refuseIntoLabels(by, { host: this.known.directory.get(id), labels: change.labels }, promised);
      return this.store.update(id, change, transaction);
    });
  }

  /** Also lets a host back in that was shut out because its key came from two places. */
  async approve(id: string): Promise<Host> {
    const stored = await this.store.update(id, { status: 'active' });
    if (!stored) throw new Failure('not-found', `no such host: ${id}`);
    return this.#whole(this.known.directory.stored(stored, 'decided'));
  }

  async remove(id: string): Promise<void> {
    if (!(await this.store.remove(id))) throw new Failure('not-found', `no such host: ${id}`);
    this.known.directory.removed(id);
  }

  /**
   * What the rights show of a host: all of it, or of one of which they reach only something on it, its name and that; else nothing. `isSeen` answers by
   * key what the rights say of a row, where that has been decided before.
   */
  describe(host: KnownHost, rights: Rights, isSeen?: (key: number) => boolean): Host | undefined {
    const { resources } = this.access;
    if (decide(rights, 'host:view', resources.host(host.id))) return this.#whole(host, this.#counts(host.id, rights, isSeen));
    if (!resources.sees(rights, host.id)) return undefined;
    const { id, name, status, link, joinedAt } = host;
    const containers = this.#counts(host.id, rights, isSeen);
    return { id, name, status, link, joinedAt: joinedAt.toISOString(), keyFingerprint: '', labels: {}, containers };
  }

  #counts(id: string, rights: Rights, isSeen?: (key: number) => boolean): Counts {
    const { resources } = this.access;
    if (isSeen) return this.known.fleet.countsOf(id, isSeen);
    return countsOf(this.known.fleet.rowsOf(id).filter((row) => decide(rights, 'container:list', resources.row(row))));
  }

  #whole(host: KnownHost, containers = this.known.fleet.countsOf(host.id)): Host {
    const { id, name, status, link, lastSeenAt, joinedAt, publicKey, labels, facts, load } = host;
    return {
      id,
      name,
      status,
      link,
      ...(lastSeenAt ? { lastSeenAt: lastSeenAt.toISOString() } : {}),
      joinedAt: joinedAt.toISOString(),
      keyFingerprint: fingerprintOf(publicKey),
      labels,
      ...(facts ? { facts } : {}),
      ...(load ? { load } : {}),
      containers,
    };
  }
}
