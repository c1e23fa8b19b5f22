import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import type { z } from 'zod';
import { writeDurably, writeWhole } from './durable-file.ts';
import { syncDirectory } from './sync-directory.ts';

/**
 * One directory per object under a root, each with JSON files in it: the engine's memory. A directory whose files cannot be read is moved to
 * `<root>/.bad` and reported, so that one torn record never stops the engine.
 */
export class RecordDirectory {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async open(root: string): Promise<RecordDirectory> {
    await mkdir(root, { recursive: true, mode: 0o700 });
    return new RecordDirectory(root);
  }

  path(id: string, ...names: string[]): string {
    return join(this.root, id, ...names);
  }

  async ids(): Promise<string[]> {
    return (await readdir(this.root)).filter((name) => !name.startsWith('.'));
  }

  /** Durably. */
  async create(id: string): Promise<void> {
    await mkdir(this.path(id), { mode: 0o700 });
    await syncDirectory(this.root);
  }

  async has(id: string, name: string): Promise<boolean> {
    return access(this.path(id, name)).then(
      () => true,
      () => false,
    );
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

  async remove(id: string): Promise<void> {
    await rm(this.path(id), { recursive: true, force: true });
  }

  /** Puts a directory aside; answers where. */
  async quarantine(id: string): Promise<string> {
    const aside = join(this.root, '.bad');
    await mkdir(aside, { recursive: true, mode: 0o700 });
    const target = join(aside, `${id}.${Date.now()}`);
    await rename(this.path(id), target);
    return target;
  }
}
