import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import type { ContainerReport, Engine } from '@gantry/engine-api';
import { type EventReport, hashInventory, type ReportBody } from '@gantry/link';
import * as z from 'zod/mini';
import { askJson, askLines } from '../engine/ask-engine.ts';
import { type Inspected, Inspected as InspectedSchema, reportOf } from './container-report.ts';
import { containersOf, EventFlood, eventOf } from './engine-events.ts';

const Listed = z.array(z.object({ Id: z.string() }));
const largestPartCharacters = 96 * 1024;
const settleMs = 100;

export interface InventoryOptions {
  readonly engine: Engine;
  /** Adds a report that knows its number, and returns the number. */
  readonly report: (make: (sequence: number) => ReportBody) => number;
  /** The engine stopped answering, or answers again (undefined). */
  readonly onEngine?: (failure: Failure | undefined) => void;
  /** How long changes of one container are gathered before it is looked at. */
  readonly settleMs?: number;
}

/** A running container as the sampler needs it. */
export interface Running {
  readonly id: string;
  readonly pid: number;
}

/**
 * The containers of the engine, kept by its events: each event has the container it names inspected once changes have settled, nothing is
 * polled. Tells every change as a report, and everything on request.
 */
export class Inventory {
  readonly #options: InventoryOptions;
  readonly #rows = new Map<string, ContainerReport>();
  readonly #pids = new Map<string, number>();
  readonly #changed = new Set<string>();
  /** The engine lists them and fails to describe them: they stay as they were last seen. */
  readonly #unreadable = new Set<string>();
  readonly #flood = new EventFlood();
  #wake = Promise.withResolvers<undefined>();
  #isComplete = false;

  constructor(options: InventoryOptions) {
    this.#options = options;
  }

  get running(): Running[] {
    return Array.from(this.#pids, ([id, pid]) => ({ id, pid }));
  }

  get rows(): Iterable<ContainerReport> {
    return this.#rows.values();
  }

  /** Keeps the inventory until the signal aborts; an engine that goes away is asked again every second. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const round = new AbortController();
      const over = AbortSignal.any([signal, round.signal]);
      try {
        await this.#follow(over, round);
      } catch (thrown) {
        if (!isAborted(signal)) this.#options.onEngine?.(Failure.from(thrown));
      } finally {
        round.abort();
      }
      await sleep(1000, signal);
    }
  }

  /** Tells all containers, in parts that fit the link. Nothing, before the first look at the engine is complete: it will tell them then. */
  tellAll(): void {
    if (!this.#isComplete) return;
    const parts: ContainerReport[][] = [[]];
    let characters = 0;
    for (const row of this.#rows.values()) {
      characters += JSON.stringify(row).length;
      if (characters > largestPartCharacters) {
        parts.push([]);
        characters = 0;
      }
      parts.at(-1)?.push(row);
    }
    parts.forEach((upserts, index) => {
      const isFirst = index === 0;
      const isLast = index === parts.length - 1;
      this.#options.report(() => ({ kind: 'inventory', body: { mode: 'full', isFirst, isLast, upserts } }));
    });
  }

  /** Tells the hash over all containers, by which the server sees whether it knows the same ones. */
  tellHash(): void {
    if (!this.#isComplete) return;
    const hash = hashInventory(this.#rows.values());
    this.#options.report(() => ({ kind: 'inventory', body: { mode: 'hash', hash } }));
  }

  async #follow(signal: AbortSignal, round: AbortController): Promise<void> {
    const { engine } = this.#options;
    const events = await askLines(engine, '/events', signal);
    const reading = this.#read(events).finally(() => round.abort(new Failure('unavailable', 'the engine ended its events')));
    reading.catch(() => undefined);
    await this.#lookAtAll(signal);
    this.#options.onEngine?.(undefined);
    while (!signal.aborted) {
      await Promise.race([this.#wake.promise, reading]);
      await sleep(this.#options.settleMs ?? settleMs, signal);
      await this.#lookAtChanged(signal);
    }
    await reading;
    throw Failure.from(signal.reason);
  }

  async #read(events: AsyncIterable<unknown>): Promise<void> {
    for await (const value of events) {
      const event = eventOf(value);
      if (event) this.#hear(event);
    }
  }

  #hear(event: EventReport): void {
    const passed = this.#flood.pass(event);
    if (passed) this.#options.report(() => ({ kind: 'event', body: passed }));
    for (const id of containersOf(event)) this.#changed.add(id);
    if (this.#changed.size > 0) this.#wake.resolve(undefined);
  }

  async #lookAtAll(signal: AbortSignal): Promise<void> {
    const listed = z.parse(Listed, await askJson(this.#options.engine, '/containers/json?all=1', signal));
    const present = new Set(listed.map(({ Id }) => Id));
    const gone = [...this.#rows.keys()].filter((id) => !present.has(id));
    const found = await this.#inspectAll([...present], signal);
    if (this.#isComplete) {
      this.#tellChanges(found, gone);
      return;
    }
    const revision = this.#options.report(() => ({ kind: 'inventory', body: { mode: 'full', isFirst: true, isLast: false, upserts: [] } }));
    for (const inspected of found) this.#keep(inspected, revision);
    this.#isComplete = true;
    this.tellAll();
  }

  async #lookAtChanged(signal: AbortSignal): Promise<void> {
    this.#wake = Promise.withResolvers();
    const ids = [...this.#changed];
    this.#changed.clear();
    const found = await this.#inspectAll(ids, signal);
    const present = new Set(found.map(({ Id }) => Id));
    this.#tellChanges(
      found,
      ids.filter((id) => !present.has(id) && !this.#unreadable.has(id)),
    );
  }

  /** Four at a time; a container that is gone by now, or that the engine cannot describe, is left out. */
  async #inspectAll(ids: readonly string[], signal: AbortSignal): Promise<Inspected[]> {
    const found: Inspected[] = [];
    const waiting = [...ids];
    const work = async (): Promise<void> => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
        const inspected = await this.#inspect(id, signal);
        if (inspected) found.push(inspected);
      }
    };
    await Promise.all([work(), work(), work(), work()]);
    return found;
  }

  async #inspect(id: string, signal: AbortSignal): Promise<Inspected | undefined> {
    this.#unreadable.delete(id);
    try {
      return z.parse(InspectedSchema, await askJson(this.#options.engine, `/containers/${id}/json`, signal));
    } catch (thrown) {
      const { code } = Failure.from(thrown);
      if (code === 'not-found') return undefined;
      if (code === 'unavailable' || code === 'cancelled' || isAborted(signal)) throw thrown;
      this.#unreadable.add(id);
      return undefined;
    }
  }

  #tellChanges(found: readonly Inspected[], missing: readonly string[]): void {
    const changed = found.filter((inspected) => this.#isNews(inspected));
    const gone = missing.filter((id) => this.#rows.delete(id));
    for (const id of missing) this.#pids.delete(id);
    if (changed.length === 0 && gone.length === 0) return;
    this.#options.report((sequence) => {
      const upserts = changed.map((inspected) => this.#keep(inspected, sequence));
      return { kind: 'inventory', body: { mode: 'delta', upserts, gone } };
    });
  }

  #isNews(inspected: Inspected): boolean {
    const known = this.#rows.get(inspected.Id);
    this.#notePid(inspected);
    if (!known) return true;
    const { revision, observedAtMs } = known;
    return JSON.stringify(reportOf(inspected, { revision, observedAtMs })) !== JSON.stringify(known);
  }

  #keep(inspected: Inspected, revision: number): ContainerReport {
    const row = reportOf(inspected, { revision, observedAtMs: Date.now() });
    this.#rows.set(row.id, row);
    this.#notePid(inspected);
    return row;
  }

  #notePid({ Id, State }: Inspected): void {
    if (State.Pid && State.Pid > 0) this.#pids.set(Id, State.Pid);
    else this.#pids.delete(Id);
  }
}

// The signal changes between two looks at it, which the compiler does not know.
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
