import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { treePath } from '@gantry/linux';
import { parseJson } from '@gantry/oci';
import type { EventSink } from '../events/engine-event.ts';
import { publishPrune } from '../events/prune-event.ts';
import type { HeldVolume, VolumeRequest, VolumesForContainers } from '../containers/volumes-for-containers.ts';
import type { ContainerId } from '../ids.ts';
import { copyInThread } from '../layers/file-threads.ts';
import { syncDirectory } from '../layers/sync-directory.ts';
import { writeDurably } from '../state/durable-file.ts';
import { Lock } from '../state/lock.ts';
import { type VolumeRecord, volumeRecord } from './volume-record.ts';

export interface VolumesSettings {
  /** The engine's own data directory; volumes lie in `volumes/<name>/{volume.json,_data}` below it. */
  readonly dataRoot: string;
  readonly events: EventSink;
  /** Told of damaged records, one line each. */
  readonly report?: (line: string) => void;
}

const recordFile = 'volume.json';
const dataDirectory = '_data';
const anonymousLabel = 'com.docker.volume.anonymous';
const wholeName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}$/;

/**
 * Volumes of the local driver: directories that outlive containers. Data is never thrown away by a start: where a record is damaged it is made
 * anew for the data that is there, without labels.
 */
export class Volumes implements VolumesForContainers {
  readonly #root: string;
  readonly #events: EventSink;
  readonly #records = new Map<string, VolumeRecord>();
  readonly #lock = new Lock();

  private constructor({ dataRoot, events }: VolumesSettings) {
    this.#root = join(dataRoot, 'volumes');
    this.#events = events;
  }

  static async open(settings: VolumesSettings): Promise<Volumes> {
    const volumes = new Volumes(settings);
    await mkdir(volumes.#root, { recursive: true, mode: 0o701 });
    for (const name of await readdir(volumes.#root)) {
      if (wholeName.test(name)) await volumes.#read(name, settings.report ?? (() => undefined));
    }
    return volumes;
  }

  all(): VolumeRecord[] {
    return [...this.#records.values()];
  }

  /** Fails with `not-found` in dockerd's words. */
  get(name: string): VolumeRecord {
    const record = this.#records.get(name);
    if (record === undefined) throw new Failure('not-found', messages.noSuchVolume(name));
    return record;
  }

  /** The directory that is mounted. */
  path(name: string): string {
    return join(this.#root, name, dataDirectory);
  }

  /** Makes a volume, or answers the one of that name. Fails with `invalid` for a wrong name and `unsupported` for another driver or its options. */
  async create(request: VolumeRequest): Promise<VolumeRecord> {
    using _held = await this.#lock.hold();
    return await this.#found(request);
  }

  /** Fails with `not-found` (not when forced) and with `conflict` while a container has it. */
  async remove(name: string, { force }: { readonly force: boolean }): Promise<void> {
    using _held = await this.#lock.hold();
    const record = this.#records.get(name);
    if (record === undefined && force) return;
    const { holders } = this.get(name);
    if (holders.length > 0) throw new Failure('conflict', messages.volumeInUse(name, holders));
    await this.#remove(name);
  }

  async hold(container: ContainerId, request: VolumeRequest): Promise<HeldVolume> {
    using _held = await this.#lock.hold();
    const record = await this.#found(request);
    if (!record.holders.includes(container)) await this.#write({ ...record, holders: [...record.holders, container] });
    return { name: record.name, driver: record.driver, path: this.path(record.name) };
  }

  async copyUp(name: string, rootfs: string, path: string): Promise<void> {
    this.get(name);
    if ((await readdir(this.path(name))).length > 0) return;
    await copyInThread({ root: rootfs, path: treePath(path), target: this.path(name) });
  }

  async release(container: ContainerId, anonymous: readonly string[]): Promise<void> {
    using _held = await this.#lock.hold();
    for (const record of this.all()) {
      if (!record.holders.includes(container)) continue;
      const left = { ...record, holders: record.holders.filter((holder) => holder !== container) };
      await this.#write(left);
      if (left.holders.length === 0 && anonymous.includes(record.name)) await this.#remove(record.name);
    }
  }

  /** After a restart: what containers held that are no more is released. */
  async keepOnly(containers: ReadonlySet<ContainerId>): Promise<void> {
    const gone = new Set(this.all().flatMap(({ holders }) => holders.filter((holder) => !containers.has(holder))));
    for (const container of gone) await this.release(container, []);
  }

  /** Removes those that no container has; answers their names and bytes. Cancelling stops between two volumes. */
  async prune(matches: (record: VolumeRecord) => boolean, signal: AbortSignal): Promise<{ names: string[]; spaceReclaimed: number }> {
    const names: string[] = [];
    let spaceReclaimed = 0;
    for (const { name } of this.all().filter(matches)) {
      using _held = await this.#lock.hold(signal);
      if ((this.#records.get(name)?.holders.length ?? 1) > 0) continue;
      spaceReclaimed += await this.sizeBytes(name);
      await this.#remove(name);
      names.push(name);
    }
    publishPrune(this.#events, 'volume', spaceReclaimed);
    return { names, spaceReclaimed };
  }

  /** Bytes of the files in it. */
  async sizeBytes(name: string): Promise<number> {
    let total = 0;
    for (const entry of await readdir(this.path(name), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) total += (await lstat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
    }
    return total;
  }

  async #found(request: VolumeRequest): Promise<VolumeRecord> {
    const isAnonymous = request.name === '';
    const name = isAnonymous ? randomBytes(32).toString('hex') : request.name;
    if (!wholeName.test(name)) throw new Failure('invalid', `create ${name}: ${messages.invalidVolumeName(name)}`);
    const known = this.#records.get(name);
    checkDriver(name, request);
    if (known !== undefined) return known;
    const labels = isAnonymous ? { ...request.labels, [anonymousLabel]: '' } : request.labels;
    const directory = join(this.#root, name);
    await mkdir(directory, { recursive: true, mode: 0o701 });
    await mkdir(this.path(name), { recursive: true, mode: 0o755 });
    const record = await this.#write({ name, driver: 'local', labels, options: {}, isAnonymous, createdAtMs: Date.now(), holders: [] });
    await syncDirectory(this.#root);
    this.#publish('create', name);
    return record;
  }

  async #write(record: VolumeRecord): Promise<VolumeRecord> {
    await writeDurably(join(this.#root, record.name, recordFile), JSON.stringify(record));
    this.#records.set(record.name, record);
    return record;
  }

  /** Out of sight by one rename, then file by file. */
  async #remove(name: string): Promise<void> {
    const aside = join(this.#root, `.removed-${name}`);
    await rm(aside, { recursive: true, force: true });
    await rename(join(this.#root, name), aside);
    await syncDirectory(this.#root);
    this.#records.delete(name);
    this.#publish('destroy', name);
    await rm(aside, { recursive: true, force: true });
  }

  #publish(action: 'create' | 'destroy', name: string): void {
    this.#events.publish({ type: 'volume', action, actorId: name, attributes: { driver: 'local' } });
  }

  async #read(name: string, report: (line: string) => void): Promise<void> {
    const path = join(this.#root, name, recordFile);
    try {
      const record = parseJson(volumeRecord, 'volume record', await readFile(path));
      if (record.name !== name) throw new Failure('invalid', `it names ${record.name}`);
      await mkdir(this.path(name), { recursive: true, mode: 0o755 });
      this.#records.set(name, record);
    } catch (thrown) {
      if (await isGone(join(this.#root, name))) return;
      await rename(path, `${path}.bad-${Date.now()}`).catch(() => undefined);
      await mkdir(this.path(name), { recursive: true, mode: 0o755 });
      report(`the record of volume ${name} is made anew: ${Failure.from(thrown).message}`);
      await this.#write({ name, driver: 'local', labels: {}, options: {}, isAnonymous: false, createdAtMs: Date.now(), holders: [] });
    }
  }
}

/** A volume that was being made when the engine was killed has no data yet and goes. */
async function isGone(directory: string): Promise<boolean> {
  await rmdir(join(directory, dataDirectory)).catch(() => undefined);
  return rmdir(directory).then(
    () => true,
    () => false,
  );
}

function checkDriver(name: string, { driver, options }: VolumeRequest): void {
  if (driver !== '' && driver !== 'local') {
    throw new Failure('not-found', `create ${name}: error looking up volume plugin ${driver}: plugin "${driver}" not found`);
  }
  const [option] = Object.keys(options);
  if (option !== undefined) {
    throw new Failure(
      'unsupported',
      `create ${name}: option "${option}" of the local driver is not supported by this engine: bind a directory instead`,
    );
  }
}
