import { EventEmitter } from 'node:events';
import type { FleetEvent } from '@gantry/contract';
import type { EventReport } from '@gantry/link';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HostDirectory } from '../hosts/host-directory.ts';
import { FleetStore } from './fleet.store.ts';

const kept = 500;
const keptDays = 7;
const dayMs = 86_400_000;

interface Changes {
  happened: [events: readonly FleetEvent[]];
}

/** What engines said had happened, newest first; as many as pages show are in memory. */
@Injectable()
export class Events implements OnModuleInit {
  readonly changes = new EventEmitter<Changes>();
  #recent: FleetEvent[] = [];

  constructor(
    private readonly store: FleetStore,
    private readonly directory: HostDirectory,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.store.removeEventsBefore(new Date(Date.now() - keptDays * dayMs));
    this.#recent = (await this.store.events(kept)).map(({ hostId, body }) => describe(hostId, body));
    this.directory.changes.on('removed', (id) => (this.#recent = this.#recent.filter(({ host }) => host !== id)));
  }

  get recent(): readonly FleetEvent[] {
    return this.#recent;
  }

  apply(host: string, events: readonly EventReport[]): void {
    if (events.length === 0) return;
    const news = events.map((event) => describe(host, event)).reverse();
    this.#recent = [...news, ...this.#recent].slice(0, kept);
    this.changes.emit('happened', news);
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
