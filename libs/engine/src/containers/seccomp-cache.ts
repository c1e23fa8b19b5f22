import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeUnfinished, writeWhole } from '../state/durable-file.ts';
import type { SeccompProfile } from './seccomp-profile.ts';

/** Filters that crun compiled (20 ms for three architectures), kept by the profile and crun's version: each profile is compiled once. */
export class SeccompCache {
  readonly #directory: string;
  readonly #version: string;
  readonly #known = new Map<string, Uint8Array>();

  private constructor(directory: string, version: string) {
    this.#directory = directory;
    this.#version = version;
  }

  static async open(directory: string, runtimeVersion: string): Promise<SeccompCache> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await removeUnfinished(directory);
    return new SeccompCache(directory, runtimeVersion);
  }

  async find(profile: SeccompProfile): Promise<Uint8Array | undefined> {
    const key = this.#key(profile);
    const known = this.#known.get(key) ?? (await readFile(this.#file(key)).catch(() => undefined));
    if (known && known.length > 0) this.#known.set(key, known);
    return known && known.length > 0 ? known : undefined;
  }

  async keep(profile: SeccompProfile, compiled: Uint8Array): Promise<void> {
    const key = this.#key(profile);
    if (this.#known.has(key) || compiled.length === 0) return;
    this.#known.set(key, compiled);
    await writeWhole(this.#file(key), compiled);
  }

  #key(profile: SeccompProfile): string {
    return createHash('sha256').update(this.#version).update(JSON.stringify(profile)).digest('hex');
  }

  #file(key: string): string {
    return join(this.#directory, `${key}.bpf`);
  }
}
