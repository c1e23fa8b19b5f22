import { EventEmitter } from 'node:events';
import type { FleetEvent } from '@gantry/contract';
import type { EventReport } from '@gantry/link';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { ObjectFacts } from '../access/resources.ts';
import { HostDirectory } from '../hosts/host-directory.ts';
import { FleetStore } from './fleet.store.ts';
import { Fleet } from './fleet.ts';

const kept = 500;
const keptDays = 7;
const dayMs = 86_400_000;

/** Something that happened, with what it happened to: that says who may hear of it. Without, it concerns the host. */
export interface PlacedEvent {
  readonly event: FleetEvent;
  readonly about?: ObjectFacts;
}

interface Changes {
  happened: [events: readonly PlacedEvent[]];
}

/** What engines said had happened, newest first; as many as pages show are in memory. */
@Injectable()
export class Events implements OnModuleInit {
  readonly changes = new EventEmitter<Changes>();
  #recent: readonly PlacedEvent[] = [];

  constructor(
    private readonly store: FleetStore,
    private readonly directory: HostDirectory,
    private readonly fleet: Fleet,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.store.removeEventsBefore(new Date(Date.now() - keptDays * dayMs));
    this.#recent = (await this.store.events(kept)).map(({ hostId, body }) => this.place(hostId, body));
    this.directory.changes.on('removed', (id) => (this.#recent = this.#recent.filter(({ event }) => event.host !== id)));
  }

  get recent(): readonly PlacedEvent[] {
    return this.#recent;
  }

  apply(host: string, events: readonly EventReport[]): void {
    if (events.length === 0) return;
    const news = events.map((event) => this.place(host, event)).reverse();
    this.#recent = [...news, ...this.#recent].slice(0, kept);
    this.changes.emit('happened', news);
  }

  /** A container that the fleet has forgotten is known by the labels that its engine told with the event, if any. */
  place(host: string, report: EventReport): PlacedEvent {
    const event = describe(host, report);
    const { type, actorId: id, attributes } = report;
    if (type === 'container') {
      const row = this.fleet.rowOf(host, id) ?? this.fleet.departed.rowOf(host, id);
      const { labels, isTruncated } = row ?? { labels: attributes, isTruncated: true };
      return { event, about: { kind: 'container', id, labels, isTruncated } };
    }
    return type === 'network' || type === 'volume' ? { event, about: { kind: type, id } } : { event };
  }
}

function describe(host: string, { type, action, actorId: id, attributes, atMs }: EventReport): FleetEvent {
  const { name, exitCode } = attributes;
  return {
    host,
    type,
    action,
    id,
    atMs,
    ...(name === undefined ? {} : { name }),
    ...(exitCode === undefined ? {} : { exitCode: Number(exitCode) }),
  };
}
