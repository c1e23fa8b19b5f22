import { permissionsOf } from '@gantry/access';
import { browserSocket, type SocketRow } from '@gantry/contract';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { FleetFeed, type PlainMessage } from '../fleet/fleet-feed.ts';
import { maskOf } from '../fleet/fleet.service.ts';
import { PublishedSources } from './published-sources.ts';
import type { Audience, Broadcast } from './viewer.ts';
import { Viewers } from './viewers.ts';

const gatherMs = 250;

/** Says to open pages what changes: rows, hosts, events. Each message is made once for all pages of the same rights. */
@Injectable()
export class Publisher implements OnModuleDestroy {
  #broadcast: Broadcast = () => undefined;
  readonly #hosts = new Set<string>();
  readonly #goneHosts = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly feed: FleetFeed,
    private readonly sources: PublishedSources,
    private readonly viewers: Viewers,
  ) {}

  /** To be called once, with what reaches the pages. */
  start(broadcast: Broadcast): void {
    const { directory, events } = this.sources;
    this.#broadcast = broadcast;
    this.feed.changes.on('message', (message) => this.#tellRows(message));
    this.feed.fleet.changes.on('changed', (upserts) => upserts.forEach((key) => this.#noteHost(this.feed.fleet.place(key)?.host)));
    directory.changes.on('changed', ({ id }) => this.#noteHost(id));
    directory.changes.on('removed', (id) => {
      this.#goneHosts.add(id);
      this.#noteHost(id);
    });
    events.changes.on('happened', (news) => this.#tell(browserSocket.events, () => news));
  }

  onModuleDestroy(): void {
    clearTimeout(this.#timer);
  }

  #tellRows({ upserts, ...message }: PlainMessage): void {
    this.#tell(browserSocket.fleet, ({ rights }) => ({
      ...message,
      upserts: upserts.map((row) => ({ ...row, can: maskOf(rights, row) })),
    }));
  }

  #noteHost(id: string | undefined): void {
    if (id === undefined) return;
    this.#hosts.add(id);
    this.#timer ??= setTimeout(() => this.#tellHosts(), gatherMs);
  }

  #tellHosts(): void {
    this.#timer = undefined;
    const { directory, hosts } = this.sources;
    const upserts = [...this.#hosts].map((id) => directory.find(id)).filter((host) => host !== undefined);
    const message = { upserts: upserts.map((host) => hosts.describe(host)), gone: [...this.#goneHosts] };
    this.#hosts.clear();
    this.#goneHosts.clear();
    this.#tell(browserSocket.hosts, () => message);
  }

  #tell({ event, access }: SocketRow, make: (audience: Audience) => unknown): void {
    for (const audience of this.viewers.audiences) if (mayHear(audience, access)) this.#broadcast(audience.room, event, make(audience));
  }
}

/** Whether an event of this row is for these rights at all; what it holds is decided row by row. */
export function mayHear({ rights }: Pick<Audience, 'rights'>, access: SocketRow['access']): boolean {
  return access === 'session' || permissionsOf(rights).includes(access);
}
