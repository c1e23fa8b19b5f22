import { Failure } from '@gantry/base';
import type { Host } from '@gantry/contract';
import { fingerprintOf } from '@gantry/link';
import { Injectable } from '@nestjs/common';
import { Fleet } from '../fleet/fleet.ts';
import { HostDirectory, type KnownHost } from './host-directory.ts';
import { HostsStore } from './hosts.store.ts';

@Injectable()
export class HostsService {
  constructor(
    private readonly store: HostsStore,
    private readonly directory: HostDirectory,
    private readonly fleet: Fleet,
  ) {}

  list(): Host[] {
    return this.directory.all.map((host) => this.describe(host));
  }

  get(id: string): Host {
    return this.describe(this.directory.get(id));
  }

  async update(id: string, change: { name?: string | undefined; labels?: Record<string, string> | undefined }): Promise<Host> {
    const { name, labels } = change;
    const stored = await this.store.update(id, { ...(name === undefined ? {} : { name }), ...(labels === undefined ? {} : { labels }) });
    if (!stored) throw new Failure('not-found', `no such host: ${id}`);
    return this.describe(this.directory.stored(stored, 'described'));
  }

  /** Also lets a host back in that was shut out because its key came from two places. */
  async approve(id: string): Promise<Host> {
    const stored = await this.store.update(id, { status: 'active' });
    if (!stored) throw new Failure('not-found', `no such host: ${id}`);
    return this.describe(this.directory.stored(stored, 'decided'));
  }

  async remove(id: string): Promise<void> {
    if (!(await this.store.remove(id))) throw new Failure('not-found', `no such host: ${id}`);
    this.directory.removed(id);
  }

  describe(host: KnownHost): Host {
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
      containers: this.fleet.countsOf(id),
    };
  }
}
