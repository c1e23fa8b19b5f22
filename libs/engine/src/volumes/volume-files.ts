import { chown, mkdir, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { errnoOf, type Owner } from '@gantry/linux';
import { parseJson } from '@gantry/oci';
import { removeUnfinished, writeDurably } from '../state/durable-file.ts';
import { durableStep } from '../state/durable-step.ts';
import { syncDirectory } from '../state/sync-directory.ts';
import { isVolumeName } from './volume-names.ts';
import { type VolumeRecord, volumeRecord } from './volume-record.ts';

const recordFile = 'volume.json';
const dataDirectory = '_data';
const removedDirectory = '.removed';

/** What lies on the disk: the records that could be read, and the names of those that are there and cannot be read now. */
export interface FoundVolumes {
  readonly records: readonly VolumeRecord[];
  readonly unread: readonly string[];
}

/**
 * Volumes on the disk: `<root>/<name>/{volume.json,_data}`, and `.removed/` for those that are going. Data is never thrown away by a start: where a record is
 * damaged it is made anew for the data that is there, without labels. One that only cannot be read now stays as it is.
 */
export class VolumeFiles {
  readonly root: string;
  readonly #owner: Owner | undefined;

  /** `owner`: who is root in containers; undefined: who is root here. */
  constructor(root: string, owner?: Owner) {
    this.root = root;
    this.#owner = owner;
  }

  /** All that there are; damaged records, and those that cannot be read, are told to `report`, one line each. */
  async readAll(report: (line: string) => void): Promise<FoundVolumes> {
    await mkdir(this.root, { recursive: true, mode: 0o701 });
    await mkdir(join(this.root, removedDirectory), { recursive: true, mode: 0o700 });
    const records: VolumeRecord[] = [];
    const unread: string[] = [];
    for (const name of (await readdir(this.root)).filter(isVolumeName)) {
      try {
        const record = await this.read(name, report);
        if (record) records.push(record);
      } catch (cause) {
        unread.push(name);
        report(`volume ${name} cannot be used: ${Failure.from(cause).message}`);
      }
    }
    return { records, unread };
  }

  /** The directory that is mounted into containers. */
  data(name: string): string {
    return join(this.root, name, dataDirectory);
  }

  directory(name: string): string {
    return join(this.root, name);
  }

  /** What fails leaves nothing. */
  async make(record: VolumeRecord): Promise<void> {
    await using undo = new AsyncDisposableStack();
    await durableStep('volume.directory', async () => {
      const made = await mkdir(this.directory(record.name), { recursive: true, mode: 0o701 });
      // Not what somebody had put there.
      if (made !== undefined) undo.defer(() => rm(made, { recursive: true, force: true }));
      await this.#makeData(record.name);
    });
    await durableStep('volume.record', () => this.write(record));
    await syncDirectory(this.root);
    undo.move();
  }

  async write(record: VolumeRecord): Promise<void> {
    await writeDurably(join(this.directory(record.name), recordFile), JSON.stringify(record));
  }

  /** Out of sight by one rename; what is left to do is done by `clearRemoved`. Nothing may be mounted in it. */
  async putAway(name: string): Promise<void> {
    await rm(join(this.root, removedDirectory, name), { recursive: true, force: true });
    await durableStep('volume.hide', async () => {
      await rename(this.directory(name), join(this.root, removedDirectory, name));
      await syncDirectory(this.root);
    });
  }

  async clearRemoved(name: string): Promise<void> {
    await durableStep('volume.remove', () => rm(join(this.root, removedDirectory, name), { recursive: true, force: true }));
  }

  /** What a killed engine had put away. */
  async leftRemoved(): Promise<string[]> {
    return (await readdir(join(this.root, removedDirectory))).map((name) => join(this.root, removedDirectory, name));
  }

  /** Empties the data. */
  async clearData(name: string): Promise<void> {
    for (const entry of await readdir(this.data(name))) await rm(join(this.data(name), entry), { recursive: true, force: true });
  }

  /** What is there stays whose it is. */
  async #makeData(name: string): Promise<void> {
    const made = await mkdir(this.data(name), { recursive: true, mode: 0o755 });
    if (made !== undefined && this.#owner) await chown(this.data(name), this.#owner.uid, this.#owner.gid);
  }

  /** Undefined: it was only being made, and is gone. Fails where the disk does not give the record or the data, which may be there later: only a record that says something wrong is damaged. */
  async read(name: string, report: (line: string) => void): Promise<VolumeRecord | undefined> {
    const path = join(this.directory(name), recordFile);
    await removeUnfinished(this.directory(name));
    const bytes = await readFile(path).catch((cause: unknown) => {
      if (errnoOf(cause) === 'ENOENT') return Buffer.of();
      throw cause;
    });
    const parsed = parsedRecord(name, bytes);
    if (!(parsed instanceof Failure)) {
      await this.#makeData(name);
      return parsed;
    }
    if (await this.#isGone(name)) return undefined;
    await rename(path, `${path}.bad-${Date.now()}`).catch(() => undefined);
    await this.#makeData(name);
    report(`the record of volume ${name} is made anew: ${parsed.message}`);
    const record = { name, driver: 'local', labels: {}, options: {}, isAnonymous: false, createdAtMs: Date.now(), holders: [] } as const;
    await this.write({ ...record, holders: [] });
    return { ...record, holders: [] };
  }

  /** A volume that was being made when the engine was killed has no record and no data yet, and goes. */
  async #isGone(name: string): Promise<boolean> {
    const left = await readdir(this.directory(name));
    const isUnmade = left.every((entry) => entry === dataDirectory);
    if (!isUnmade) return false;
    await rmdir(this.data(name)).catch(() => undefined);
    if ((await readdir(this.directory(name))).includes(dataDirectory)) return false;
    await rm(this.directory(name), { recursive: true, force: true });
    return true;
  }
}

/** The record, or what is wrong with it. */
function parsedRecord(name: string, bytes: Uint8Array): VolumeRecord | Failure {
  try {
    const record = parseJson(volumeRecord, 'volume record', bytes);
    return record.name === name ? record : new Failure('invalid', `it names ${record.name}`);
  } catch (thrown) {
    return Failure.from(thrown);
  }
}
