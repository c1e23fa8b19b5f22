import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { ContainerReport } from '@gantry/engine-api';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HostDirectory, type LinkState } from '../hosts/host-directory.ts';
import { Departed } from './departed.ts';
import { FleetStore } from './fleet.store.ts';
import type { PlainRow } from './plain-row.ts';
import { stackOf } from './stack-of.ts';

interface Entry {
  readonly key: number;
  readonly report: ContainerReport;
}

interface Changes {
  /** Keys of rows that were added or changed, and of those that are gone. */
  changed: [upserts: readonly number[], gone: readonly number[]];
}

/**
 * The last known containers of every host, in memory; rebuilt from the database at the start. Each row has a slot (`key`) for as long as this
 * process runs; slots are never used again within an epoch.
 */
@Injectable()
export class Fleet implements OnModuleInit {
  readonly epoch = randomBytes(9).toString('base64url');
  readonly changes = new EventEmitter<Changes>();
  readonly #hosts = new Map<string, Map<string, Entry>>();
  readonly #places = new Map<number, { readonly host: string; readonly id: string }>();
  /** What was there a moment ago. */
  readonly departed = new Departed();
  #nextKey = 1;

  constructor(
    private readonly directory: HostDirectory,
    private readonly store: FleetStore,
  ) {}

  async onModuleInit(): Promise<void> {
    for (const { hostId, report } of await this.store.load()) this.#put(hostId, report);
    this.directory.changes.on('removed', (id) => this.#drop(id));
    const links = new Map<string, LinkState>();
    this.directory.changes.on('changed', ({ id, link }) => {
      if (links.get(id) !== link)
        this.#announce(
          [...this.#entries(id)].map(({ key }) => key),
          [],
        );
      links.set(id, link);
    });
  }

  /** What a host has committed: rows as they are now, and ids of containers that are no more. */
  apply(host: string, change: { upserts: readonly ContainerReport[]; gone: readonly string[] }): void {
    const upserts = change.upserts.map((report) => this.#put(host, report));
    const gone = change.gone.map((id) => this.#remove(host, id)).filter((key) => key !== undefined);
    this.#announce(upserts, gone);
  }

  /** Ids of the containers of a host. */
  idsOf(host: string): string[] {
    return [...(this.#hosts.get(host)?.keys() ?? [])];
  }

  reportsOf(host: string): ContainerReport[] {
    return [...this.#entries(host)].map(({ report }) => report);
  }

  key(host: string, id: string): number | undefined {
    return this.#hosts.get(host)?.get(id)?.key;
  }

  place(key: number): { readonly host: string; readonly id: string } | undefined {
    return this.#places.get(key);
  }

  row(key: number): PlainRow | undefined {
    const place = this.#places.get(key);
    const entry = place && this.#hosts.get(place.host)?.get(place.id);
    return place && entry ? this.#describe(place.host, entry) : undefined;
  }

  rowOf(host: string, id: string): PlainRow | undefined {
    const entry = this.#hosts.get(host)?.get(id);
    return entry && this.#describe(host, entry);
  }

  rowsOf(host: string): PlainRow[] {
    return [...this.#entries(host)].map((entry) => this.#describe(host, entry));
  }

  rows(): PlainRow[] {
    return [...this.#places.keys()].map((key) => this.row(key)).filter((row) => row !== undefined);
  }

  /** Of all its containers, or of those whose keys are seen. */
  countsOf(host: string, isSeen: (key: number) => boolean = () => true): Counts {
    return countsOf([...this.#entries(host)].filter(({ key }) => isSeen(key)).map(({ report }) => report));
  }

  #put(host: string, report: ContainerReport): number {
    const entries = this.#entriesOf(host);
    const key = entries.get(report.id)?.key ?? this.#nextKey++;
    entries.set(report.id, { key, report });
    this.#places.set(key, { host, id: report.id });
    return key;
  }

  #entriesOf(host: string): Map<string, Entry> {
    const entries = this.#hosts.get(host) ?? new Map<string, Entry>();
    this.#hosts.set(host, entries);
    return entries;
  }

  #entries(host: string): Iterable<Entry> {
    return this.#hosts.get(host)?.values() ?? [];
  }

  #remove(host: string, id: string): number | undefined {
    const key = this.key(host, id);
    const row = this.rowOf(host, id);
    if (row) this.departed.add(row);
    this.#hosts.get(host)?.delete(id);
    if (key !== undefined) this.#places.delete(key);
    return key;
  }

  #drop(host: string): void {
    const gone = this.idsOf(host).map((id) => this.#remove(host, id));
    this.#hosts.delete(host);
    this.#announce(
      [],
      gone.filter((key) => key !== undefined),
    );
  }

  #announce(upserts: readonly number[], gone: readonly number[]): void {
    if (upserts.length + gone.length > 0) this.changes.emit('changed', upserts, gone);
  }

  #describe(host: string, { key, report }: Entry): PlainRow {
    const stack = stackOf(host, report.labels);
    return { ...report, key, host, ...(stack ? { stack } : {}), link: this.directory.find(host)?.link ?? 'offline' };
  }
}

/** How many containers there are, how many run, how many are in trouble. */
export interface Counts {
  readonly total: number;
  readonly running: number;
  readonly trouble: number;
}

export function countsOf(reports: readonly Pick<ContainerReport, 'state' | 'health' | 'exit'>[]): Counts {
  const running = reports.filter(({ state }) => state === 'running').length;
  return { total: reports.length, running, trouble: reports.filter(isTrouble).length };
}

/** Something that a person should look at. */
export function isTrouble({ state, health, exit }: Pick<ContainerReport, 'state' | 'health' | 'exit'>): boolean {
  if (state === 'dead' || state === 'restarting') return true;
  if (state === 'running') return health === 'unhealthy';
  return state === 'exited' && exit !== undefined && (exit.code !== 0 || exit.isOutOfMemory);
}
