import { permissionsOf } from '@gantry/access';
import { browserSocket, type FleetMessage, type HostsMessage, type SocketRow } from '@gantry/contract';
import type { FleetMessage as FleetUpdate, FleetRow } from '@gantry/engine-api';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { FleetFeed, type PlainMessage } from '../fleet/fleet-feed.ts';
import { movesCounts } from '../fleet/row-change.ts';
import { type Audience, hangsOnHosts } from './audience.ts';
import { AudienceSight } from './audience-sight.ts';
import { packed } from './packed.ts';
import { PublishedSources } from './published-sources.ts';
import type { Broadcast } from './viewer.ts';

const gatherMs = 250;
/** Says that everything has to be fetched again: what somebody may see is not what it was. */
const anew: FleetMessage = { epoch: '', sequence: 0, upserts: [], changes: [], gone: [] };

/** Says to open pages what changes: rows, hosts, events. Each message is made once for all pages of the same rights, of what those rights show. */
@Injectable()
export class Publisher implements OnModuleDestroy {
  #broadcast: Broadcast = () => undefined;
  readonly #hosts = new Set<string>();
  readonly #goneHosts = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly feed: FleetFeed,
    private readonly sources: PublishedSources,
    private readonly sight: AudienceSight,
  ) {}

  /** To be called once, with what reaches the pages. */
  start(broadcast: Broadcast): void {
    const { directory, events } = this.sources;
    this.#broadcast = broadcast;
    this.feed.changes.on('message', (message) => {
      this.#noteHosts(message);
      this.#tellRows(message);
    });
    directory.changes.on('changed', ({ id }) => this.#noteHost(id));
    directory.changes.on('removed', (id) => {
      this.#goneHosts.add(id);
      this.#noteHost(id);
    });
    events.changes.on('happened', (news) =>
      this.#tell(browserSocket.events, (audience) => {
        const seen = this.sight.fleet.eventsFor(audience.rights, news);
        return seen.length > 0 ? seen : undefined;
      }),
    );
    this.sight.viewers.rights.changes.on('changed', (_, what) => this.#regroup(what));
  }

  onModuleDestroy(): void {
    clearTimeout(this.#timer);
  }

  /** Whose rights have changed, or hang on hosts that have, fetches everything again. */
  #regroup(what: 'rights' | 'hosts'): void {
    const { viewers } = this.sight;
    for (const viewer of viewers.regroup()) viewer.send(browserSocket.fleet.event, anew);
    if (what !== 'hosts') return;
    for (const audience of viewers.audiences.filter(hangsOnHosts)) {
      audience.masks.clear();
      this.#broadcast(audience.room, browserSocket.fleet.event, anew);
    }
  }

  #tellRows({ epoch, sequence, upserts, changes, gone }: PlainMessage): void {
    this.#tell(browserSocket.fleet, (audience): FleetUpdate => {
      const seen = changes.filter(({ row }) => this.sight.maskOf(audience, row) !== undefined);
      return {
        ...{ epoch, sequence },
        upserts: upserts.flatMap((row): FleetRow[] => {
          const mask = this.sight.maskOf(audience, row);
          return mask === undefined ? [] : [{ ...row, can: mask }];
        }),
        changes: seen.map(({ change }) => change),
        gone: gone.filter((key) => this.sight.shows(audience, key)),
      };
    });
    for (const audience of this.sight.viewers.audiences) for (const key of gone) audience.masks.delete(key);
  }

  /** Hosts whose counts have moved: those of rows that came, went, or run no longer. */
  #noteHosts({ upserts, changes, gone }: PlainMessage): void {
    const { departed } = this.feed.fleet;
    for (const { host } of upserts) this.#noteHost(host);
    for (const { row, change } of changes) if (movesCounts(change)) this.#noteHost(row.host);
    for (const key of gone) this.#noteHost(departed.row(key)?.host);
  }

  #noteHost(id: string | undefined): void {
    if (id === undefined) return;
    this.#hosts.add(id);
    this.#timer ??= setTimeout(() => this.#tellHosts(), gatherMs);
  }

  /** A host that is gone is in nobody's rights any more; its id alone says nothing. */
  #tellHosts(): void {
    this.#timer = undefined;
    const { directory, hosts } = this.sources;
    const upserts = [...this.#hosts].map((id) => directory.find(id)).filter((host) => host !== undefined);
    const gone = [...this.#goneHosts];
    this.#hosts.clear();
    this.#goneHosts.clear();
    this.#tell(browserSocket.hosts, (audience): HostsMessage | undefined => {
      const isSeen = (key: number): boolean => this.sight.shows(audience, key);
      const seen = upserts.map((host) => hosts.describe(host, audience.rights, isSeen)).filter((host) => host !== undefined);
      return seen.length + gone.length > 0 ? { upserts: seen, gone } : undefined;
    });
  }

  /** Nothing is sent to an audience for which `make` has nothing. */
  #tell(row: SocketRow, make: (audience: Audience) => unknown): void {
    for (const audience of this.sight.viewers.audiences) {
      const message = mayHear(audience, row.access) ? make(audience) : undefined;
      if (message !== undefined) this.#broadcast(audience.room, row.event, packed(row, message));
    }
  }
}

/** Whether an event of this row is for these rights at all; what it holds is decided row by row. */
export function mayHear({ rights }: Pick<Audience, 'rights'>, access: SocketRow['access']): boolean {
  return access === 'session' || permissionsOf(rights).includes(access);
}
