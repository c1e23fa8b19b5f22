import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { hostRoot, type IdMapping, treePath } from '@gantry/linux';
import { byteText } from '@gantry/oci';
import type { HeldVolume, VolumeRequest, VolumesForContainers } from '../containers/volumes-for-containers.ts';
import type { EventSink } from '../events/engine-event.ts';
import { publishPrune } from '../events/prune-event.ts';
import type { ContainerId } from '../ids.ts';
import { isDiskFull } from '../layers/disk-failure.ts';
import { copyInThread } from '../layers/file-threads.ts';
import { durableStep } from '../state/durable-step.ts';
import { NamedLocks } from '../state/named-locks.ts';
import { directorySize } from './directory-size.ts';
import { checkLocalOptions, isHostDevice, isMountedInUse } from './local-options.ts';
import { checkDriver, type NamedRequest, newRecord, withName } from './named-request.ts';
import { UnreadVolumes } from './unread-volumes.ts';
import { VolumeFiles } from './volume-files.ts';
import { VolumeMounts } from './volume-mounts.ts';
import { checkVolumeName } from './volume-names.ts';
import type { VolumeRecord } from './volume-record.ts';
import type { VolumesSettings } from './volumes-settings.ts';

/** Volumes of the local driver: directories that outlive containers, with something mounted there while they are used where their options say so. */
export class Volumes implements VolumesForContainers {
  readonly #files: VolumeFiles;
  readonly #mounts: VolumeMounts;
  readonly #events: EventSink;
  readonly #records = new Map<string, VolumeRecord>();
  readonly #unread = new UnreadVolumes();
  readonly #report: (line: string) => void;
  readonly #locks = new NamedLocks();
  /** The user namespace of containers; undefined: they have the host's ids. */
  readonly ids: IdMapping | undefined;

  private constructor({ dataRoot, events, kernel, ids, report = () => undefined }: VolumesSettings) {
    this.ids = ids;
    this.#report = report;
    this.#files = new VolumeFiles(join(dataRoot, 'volumes'), ids && hostRoot(ids));
    this.#mounts = new VolumeMounts(kernel);
    this.#events = events;
  }

  /** What cannot be read, emptied or cleared away of one volume is told by its name, and the others are there. */
  static async open(settings: VolumesSettings): Promise<Volumes> {
    const volumes = new Volumes(settings);
    const { records, unread } = await volumes.#files.readAll(volumes.#report);
    for (const name of unread) volumes.#unread.add(name);
    for (const record of records) volumes.#records.set(record.name, record);
    for (const path of await volumes.#files.leftRemoved()) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      await volumes.#orTell(`volume ${name} was removed, and something of it is left`, async () => {
        await volumes.#mounts.clear(path);
        await volumes.#files.clearRemoved(name);
      });
    }
    for (const record of records.filter(({ isFilling }) => isFilling))
      await volumes.#orTell(`volume ${record.name} cannot be used: it has a part of an image's files`, () => volumes.#unfill(record));
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

  /** The directory that is mounted into containers. */
  path(name: string): string {
    return this.#files.data(name);
  }

  /** Makes a volume, or answers the one of that name. Fails with `invalid` for a wrong name or options and `not-found` for another driver. */
  async create(request: VolumeRequest): Promise<VolumeRecord> {
    const named = withName(request);
    using _held = await this.#locks.hold(named.name);
    return await this.#found(named, undefined);
  }

  /** Fails with `not-found` (not when forced) and with `conflict` while a container has it. */
  async remove(name: string, { force }: { readonly force: boolean }): Promise<void> {
    using _held = await this.#locks.hold(name);
    await this.#readLate(name);
    if (!this.#records.has(name) && force) return;
    const { holders } = this.get(name);
    if (holders.length > 0) throw new Failure('conflict', messages.volumeInUse(name, holders));
    await this.#remove(name);
  }

  readonly isHostPath = (name: string): boolean => isHostDevice(this.#records.get(name)?.options ?? {});

  async hold(container: ContainerId, request: VolumeRequest): Promise<HeldVolume> {
    const named = withName(request);
    using _held = await this.#locks.hold(named.name);
    const record = await this.#found(named, container);
    const held = { ...record, holders: [...record.holders, container] };
    if (!record.holders.includes(container)) await durableStep('volume.hold', () => this.#write(held));
    return { name: record.name, driver: record.driver, path: this.path(record.name) };
  }

  async confirm(container: ContainerId): Promise<void> {
    for (const { name } of this.all().filter(({ isAwaited, holders }) => isAwaited && holders.includes(container))) {
      using _held = await this.#locks.hold(name);
      const record = this.#records.get(name);
      if (record) await this.#write({ ...record, isAwaited: false });
    }
  }

  adopt(name: string, user: ContainerId): void {
    if (this.#records.has(name) || this.#unread.has(name)) this.#mounts.adopt(name, user);
  }

  async mount(name: string, user: string): Promise<void> {
    using _held = await this.#locks.hold(name);
    await this.#readLate(name);
    const record = this.get(name);
    if (record.isFilling) await this.#unfill(record);
    await this.#mounts.mount(this.get(name), this.path(name), user);
  }

  async unmount(name: string, user: string): Promise<void> {
    using _held = await this.#locks.hold(name);
    const record = this.#records.get(name);
    if (record) await this.#mounts.unmount(record, this.path(name), user);
    else this.#mounts.forget(name, user);
  }

  async use(name: string): Promise<AsyncDisposable> {
    const user = randomUUID();
    await this.mount(name, user);
    return { [Symbol.asyncDispose]: () => this.unmount(name, user) };
  }

  /** A container that exists has it: a record that was made anew does not know. */
  async claim(name: string, container: ContainerId): Promise<void> {
    using _held = await this.#locks.hold(name);
    this.#unread.claim(name, container);
    const record = this.#records.get(name);
    if (record === undefined || record.holders.includes(container)) return;
    await this.#keepHolders({ ...record, holders: [...record.holders, container] });
  }

  async copyUp(name: string, rootfs: string, path: string): Promise<void> {
    using _held = await this.#locks.hold(name);
    if (this.get(name).isFilling) await this.#unfill(this.get(name));
    const record = this.get(name);
    const user = randomUUID();
    await this.#mounts.mount(record, this.path(name), user);
    let hasBegun = false;
    try {
      if ((await readdir(this.path(name))).length > 0) return;
      await this.#write({ ...record, isFilling: true });
      hasBegun = true;
      await durableStep('volume.copy', () => copyInThread({ root: rootfs, path: treePath(byteText(path)), target: this.path(name) }));
      await this.#write({ ...record, isFilling: false });
    } catch (thrown) {
      if (hasBegun) await this.#unfill(record);
      throw thrown;
    } finally {
      await this.#mounts.unmount(record, this.path(name), user);
    }
  }

  async release(container: ContainerId, anonymous: readonly string[]): Promise<void> {
    this.#unread.release(container);
    for (const name of this.#unread.names) this.#mounts.forget(name, container);
    for (const { name } of this.all().filter(({ holders }) => holders.includes(container))) {
      using _held = await this.#locks.hold(name);
      const record = this.#records.get(name);
      if (record === undefined) continue;
      await this.#mounts.unmount(record, this.path(name), container);
      const holders = record.holders.filter((holder) => holder !== container);
      // Whoever still copies from it keeps it: it stays then, as a volume of nobody.
      if (holders.length === 0 && anonymous.includes(name) && !this.#mounts.isUsed(name)) await this.#remove(name);
      else await durableStep('volume.release', () => this.#forgetHolder({ ...record, holders }));
    }
  }

  /** After a restart, when the containers that run have said what they use: what those held that are no more is released, what nobody uses is unmounted. */
  async keepOnly(containers: ReadonlySet<ContainerId>): Promise<void> {
    const gone = new Set(this.all().flatMap(({ holders }) => holders.filter((holder) => !containers.has(holder))));
    const awaited = this.all().filter(({ isAwaited }) => isAwaited);
    for (const container of gone)
      await this.release(
        container,
        awaited.map(({ name }) => name),
      );
    for (const holder of new Set(awaited.flatMap(({ holders }) => holders))) await this.confirm(holder);
    for (const name of await this.#mounts.namesBelow(this.#files.root)) {
      using _held = await this.#locks.hold(name);
      // What somebody else has mounted at a volume is theirs.
      const options = this.#records.get(name)?.options;
      const isOurs = options === undefined || isMountedInUse(options);
      if (isOurs && !this.#mounts.isUsed(name)) await this.#mounts.clear(this.#files.directory(name));
    }
  }

  /** Removes those that no container has; answers their names and bytes. Cancelling stops between two volumes. */
  async prune(matches: (record: VolumeRecord) => boolean, signal: AbortSignal): Promise<{ names: string[]; spaceReclaimed: number }> {
    const names: string[] = [];
    let spaceReclaimed = 0;
    for (const { name } of this.all().filter(matches)) {
      using _held = await this.#locks.hold(name, signal);
      if ((this.#records.get(name)?.holders.length ?? 1) > 0 || this.#mounts.isUsed(name)) continue;
      spaceReclaimed += await this.sizeBytes(name);
      await this.#remove(name);
      names.push(name);
    }
    publishPrune(this.#events, 'volume', spaceReclaimed);
    return { names, spaceReclaimed };
  }

  /** Bytes of the files in it. */
  sizeBytes(name: string): Promise<number> {
    return directorySize(this.path(name));
  }

  /** The event is told also where it was there before, as by dockerd. */
  async #found({ name, isAnonymous, request }: NamedRequest, container: ContainerId | undefined): Promise<VolumeRecord> {
    checkVolumeName(name);
    checkDriver(name, request.driver);
    await this.#readLate(name);
    const record = this.#records.get(name) ?? (await this.#make({ name, isAnonymous, request }, container));
    this.#publish('create', name);
    return record;
  }

  async #make({ name, isAnonymous, request }: NamedRequest, container: ContainerId | undefined): Promise<VolumeRecord> {
    checkLocalOptions(name, request.options);
    const record = newRecord({ name, isAnonymous, request }, container);
    await this.#files.make(record);
    this.#records.set(name, record);
    return record;
  }

  /** Reads a record that could not be read before. Fails with `unavailable` where it still cannot. */
  async #readLate(name: string): Promise<void> {
    const late = await this.#unread.read(name, this.#files, this.#report);
    if (!late) return;
    this.#records.set(name, late.record);
    if (late.isChanged) await this.#keepHolders(late.record);
  }

  /** They count, also where the disk does not take them. */
  async #keepHolders(record: VolumeRecord): Promise<void> {
    this.#records.set(record.name, record);
    await this.#orTell(`the record of volume ${record.name} does not say who has it`, () => this.#files.write(record));
  }

  async #orTell(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      this.#report(`${what}: ${Failure.from(cause).message}`);
    }
  }

  /** A full disk does not keep a container from being removed: who is no more is released at the next start again. */
  async #forgetHolder(left: VolumeRecord): Promise<void> {
    try {
      await this.#write(left);
    } catch (cause) {
      if (!isDiskFull(cause)) throw cause;
      this.#records.set(left.name, left);
    }
  }

  async #write(record: VolumeRecord): Promise<void> {
    await this.#files.write(record);
    this.#records.set(record.name, record);
  }

  /** A part of an image's content is no reason to leave the rest out the next time; what others may have written beside it stays. */
  async #unfill(record: VolumeRecord): Promise<void> {
    if (record.holders.length <= 1 && !isMountedInUse(record.options)) await this.#files.clearData(record.name);
    // Also where the record cannot be written: by the time that it can there may be one holder, and the data is of two.
    else this.#records.set(record.name, { ...record, isFilling: false });
    await this.#write({ ...record, isFilling: false });
  }

  async #remove(name: string): Promise<void> {
    if (this.#mounts.isUsed(name)) throw new Failure('conflict', `remove ${name}: volume has active mounts`);
    await this.#mounts.clear(this.#files.directory(name));
    await this.#files.putAway(name);
    this.#records.delete(name);
    this.#publish('destroy', name);
    await this.#files.clearRemoved(name);
  }

  #publish(action: 'create' | 'destroy', name: string): void {
    this.#events.publish({ type: 'volume', action, actorId: name, attributes: { driver: 'local' } });
  }
}
