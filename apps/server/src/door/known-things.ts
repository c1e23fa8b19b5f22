import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Fleet } from '../fleet/fleet.ts';
import type { Thing } from './thing.ts';

const mostRemembered = 200_000;
const keptGoneMs = 600_000;

interface Entry {
  readonly thing: Thing;
  readonly goneAtMs: number | undefined;
}

/**
 * What the door has seen of the objects of hosts: ids of containers and networks and the labels that they were made with, which never change. What
 * is gone stays known for ten minutes, so that whoever could see it sees the events of its end.
 */
@Injectable()
export class KnownThings implements OnModuleInit {
  readonly #entries = new Map<string, Entry>();
  readonly #keys = new Map<number, string>();

  constructor(private readonly fleet: Fleet) {}

  onModuleInit(): void {
    this.fleet.changes.on('changed', (upserts, gone) => {
      for (const key of upserts) this.#noteRow(key);
      for (const key of gone) this.#noteGone(key);
    });
  }

  note(host: string, thing: Thing): void {
    const at = place(host, thing.kind, thing.id);
    this.#entries.delete(at);
    this.#entries.set(at, { thing, goneAtMs: undefined });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > mostRemembered && oldest !== undefined) this.#entries.delete(oldest);
  }

  find(host: string, { kind, id }: Pick<Thing, 'kind' | 'id'>, nowMs = Date.now()): Thing | undefined {
    const at = place(host, kind, id);
    const entry = this.#entries.get(at);
    if (entry?.goneAtMs === undefined || nowMs - entry.goneAtMs <= keptGoneMs) return entry?.thing;
    this.#entries.delete(at);
    return undefined;
  }

  gone(host: string, { kind, id }: Pick<Thing, 'kind' | 'id'>, nowMs = Date.now()): void {
    const at = place(host, kind, id);
    const entry = this.#entries.get(at);
    if (entry) this.#entries.set(at, { ...entry, goneAtMs: nowMs });
  }

  /** Agents cut long labels off: such a row says less than the engine. */
  #noteRow(key: number): void {
    const row = this.fleet.row(key);
    if (!row || row.isTruncated) return;
    this.note(row.host, { kind: 'container', id: row.id, name: row.name, labels: row.labels });
    this.#keys.set(key, JSON.stringify([row.host, row.id]));
  }

  #noteGone(key: number): void {
    const [host, id] = JSON.parse(this.#keys.get(key) ?? '[]') as string[];
    this.#keys.delete(key);
    if (host !== undefined && id !== undefined) this.gone(host, { kind: 'container', id });
  }
}

function place(host: string, kind: string, id: string): string {
  return `${host}/${kind}/${id}`;
}
