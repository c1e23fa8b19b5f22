import type { FleetEvent, FleetNumbers, FleetSnapshot, Host, HostSamples, HostsMessage } from '@gantry/contract';
import type { FleetChange, FleetMessage, FleetRow, FleetSample } from '@gantry/engine-api';
import { computed, shallowReactive, shallowRef } from 'vue';
import { type LiveRow, liveRow, takeSample, updateRow } from './live-row.ts';

const mostEvents = 100;

/**
 * All containers and hosts that this person may see, patched in place by the socket. `revision` moves when rows come, go or change (not with
 * numbers): lists hang on it, rows on themselves.
 */
export class Fleet {
  readonly #rows = new Map<number, LiveRow>();
  readonly #byContainer = new Map<string, LiveRow>();
  readonly #hosts = shallowReactive(new Map<string, Host>());
  #epoch = '';
  #sequence = -1;
  readonly events = shallowRef<readonly FleetEvent[]>([]);
  readonly revision = shallowRef(0);
  readonly isLoaded = shallowRef(false);
  /** Hosts that can be asked for something now. */
  readonly liveHosts = computed(() => [...this.#hosts.values()].filter((host) => host.status === 'active' && host.link !== 'offline'));

  get rows(): ReadonlyMap<number, LiveRow> {
    return this.#rows;
  }

  get hosts(): ReadonlyMap<string, Host> {
    return this.#hosts;
  }

  find(host: string, id: string): LiveRow | undefined {
    return this.#byContainer.get(placeOf(host, id));
  }

  hostName(id: string): string {
    return this.#hosts.get(id)?.name ?? id.slice(0, 8);
  }

  takeSnapshot(snapshot: FleetSnapshot): void {
    const kept = new Set(snapshot.epoch === this.#epoch ? snapshot.rows.map(({ key }) => key) : []);
    for (const key of [...this.#rows.keys()]) if (!kept.has(key)) this.#drop(key);
    for (const row of snapshot.rows) this.#put(row as FleetRow);
    this.takeSamples(snapshot.samples);
    this.#epoch = snapshot.epoch;
    this.#sequence = snapshot.sequence;
    this.isLoaded.value = true;
    this.revision.value++;
  }

  /** False where something was missed: the snapshot has to be fetched again. Older messages than the snapshot change nothing. */
  takeMessage(message: FleetMessage): boolean {
    if (message.epoch !== this.#epoch || message.sequence > this.#sequence + 1) return false;
    if (message.sequence <= this.#sequence) return true;
    for (const key of message.gone) this.#drop(key);
    for (const row of message.upserts) this.#put(row);
    for (const change of message.changes) this.#patch(change);
    this.#sequence = message.sequence;
    this.revision.value++;
    return true;
  }

  takeSamples(samples: readonly FleetSample[]): void {
    for (const sample of samples) {
      const live = this.#rows.get(sample.key);
      if (live) takeSample(live, sample);
    }
  }

  /** Those of the numbers from one place of the columns up to another; none that are of another epoch, whose keys are other rows. */
  takeNumbers(numbers: FleetNumbers, from = 0, to = numbers.key.length): void {
    if (numbers.epoch !== this.#epoch) return;
    for (let at = from; at < to; at++) {
      const live = this.#rows.get(numbers.key[at] ?? -1);
      if (live) takeSample(live, sampleAt(numbers, at));
    }
  }

  takeHosts({ upserts, gone }: HostsMessage): void {
    for (const id of gone) this.#hosts.delete(id);
    for (const host of upserts) this.#hosts.set(host.id, host);
  }

  takeHostSamples(samples: HostSamples): void {
    for (const { host: id, ...load } of samples) {
      const host = this.#hosts.get(id);
      if (host) this.#hosts.set(id, { ...host, load });
    }
  }

  takeEvents(news: readonly FleetEvent[]): void {
    this.events.value = [...[...news].sort((a, b) => b.atMs - a.atMs), ...this.events.value].slice(0, mostEvents);
  }

  #put(row: FleetRow): void {
    const known = this.#rows.get(row.key);
    if (known && known.row.id === row.id) return updateRow(known, row);
    const live = liveRow(row);
    this.#rows.set(row.key, live);
    this.#byContainer.set(placeOf(row.host, row.id), live);
  }

  #patch(change: FleetChange): void {
    const live = this.#rows.get(change.key);
    if (live) updateRow(live, changedRow(live.row, change));
  }

  #drop(key: number): void {
    const live = this.#rows.get(key);
    if (!live) return;
    this.#rows.delete(key);
    this.#byContainer.delete(placeOf(live.row.host, live.row.id));
  }
}

function placeOf(host: string, id: string): string {
  return `${host}/${id}`;
}

/** The row with the change in it; null takes a field away. */
function changedRow(row: FleetRow, change: FleetChange): FleetRow {
  return Object.fromEntries(Object.entries({ ...row, ...change }).filter(([, value]) => value !== null)) as unknown as FleetRow;
}

function sampleAt(numbers: FleetNumbers, at: number): FleetSample {
  const of = (field: keyof FleetSample): number => numbers[field][at] ?? 0;
  return {
    ...{
      key: of('key'),
      cpuPermille: of('cpuPermille'),
      memoryBytes: of('memoryBytes'),
      receiveBps: of('receiveBps'),
      sendBps: of('sendBps'),
    },
    ...{ readBps: of('readBps'), writeBps: of('writeBps'), throttledPermille: of('throttledPermille'), pids: of('pids') },
  };
}
