import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import type { z } from 'zod';
import { removeUnfinished, writeDurably, writeWhole } from './durable-file.ts';
import { isThere } from './is-there.ts';
import { endRemovals } from './remove-whole.ts';
import { syncDirectory } from './sync-directory.ts';

const aside = '.bad';

/**
 * One directory per object under a root, each with JSON files in it: the engine's memory. An object exists once its main file does, and no longer when
 * its directory is out of sight. A directory whose files cannot be read is moved to `<root>/.bad` and reported, so that one torn record
 * never stops the engine.
 */
export class RecordDirectory {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** What a killed engine had only begun to make, without its main file, goes. */
  static async open(root: string, mainFile: string): Promise<RecordDirectory> {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await endRemovals(root);
    const records = new RecordDirectory(root);
    for (const id of await records.ids()) {
      const isWhole = await records.has(id, mainFile);
      if (isWhole) await removeUnfinished(records.path(id));
      else await rm(records.path(id), { recursive: true, force: true });
    }
    return records;
  }

  path(id: string, ...names: string[]): string {
    return join(this.root, id, ...names);
  }

  async ids(): Promise<string[]> {
    return (await readdir(this.root)).filter((name) => !name.startsWith('.'));
  }

  /** What was put aside is not gone: what belongs to it stays. */
  async idsAside(): Promise<string[]> {
    const names = await readdir(join(this.root, aside)).catch((): string[] => []);
    return names.map((name) => name.replace(/\.\d+$/, ''));
  }

  /** Durably. */
  async create(id: string): Promise<void> {
    await mkdir(this.path(id), { mode: 0o700 });
    await syncDirectory(this.root);
  }

  /** Whether there is such a file; one that only cannot be read now is there. */
  has(id: string, name: string): Promise<boolean> {
    return isThere(this.path(id, name));
  }

  /** Fails with `internal` and names the file where it is missing or not what the schema says. */
  async read<S extends z.ZodType>(id: string, name: string, schema: S): Promise<z.output<S>> {
    const path = this.path(id, name);
    try {
      return schema.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch (cause) {
      throw new Failure('internal', `the record ${path} cannot be read`, { cause });
    }
  }

  /** `durably`: before an effect that a power cut must not make unknown. `whole`: what the kernel can tell again. */
  async write(id: string, name: string, { value, how }: { value: unknown; how: 'durably' | 'whole' }): Promise<void> {
    await (how === 'durably' ? writeDurably : writeWhole)(this.path(id, name), JSON.stringify(value));
  }

  /** Renames a directory, durably; it takes no space. */
  async move(from: string, to: string): Promise<void> {
    await rename(this.path(from), this.path(to));
    await syncDirectory(this.root);
  }

  async remove(id: string): Promise<void> {
    await rm(this.path(id), { recursive: true, force: true });
  }

  /** Puts a directory aside; answers where. */
  async quarantine(id: string): Promise<string> {
    await mkdir(join(this.root, aside), { recursive: true, mode: 0o700 });
    const target = join(this.root, aside, `${id}.${Date.now()}`);
    await rename(this.path(id), target);
    return target;
  }
}
