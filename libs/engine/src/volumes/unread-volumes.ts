import { Failure } from '@gantry/base';
import type { ContainerId } from '../ids.ts';
import type { VolumeFiles } from './volume-files.ts';
import type { VolumeRecord } from './volume-record.ts';

/**
 * Volumes that are there and whose records the disk did not give: nothing is done to them until it does. What containers say of them meanwhile counts as
 * soon as the record can be read.
 */
export class UnreadVolumes {
  readonly #claims = new Map<string, Set<ContainerId>>();
  readonly #released = new Set<ContainerId>();

  add(name: string): void {
    this.#claims.set(name, new Set());
  }

  has(name: string): boolean {
    return this.#claims.has(name);
  }

  get names(): readonly string[] {
    return [...this.#claims.keys()];
  }

  /** The container has the volume, whatever the record will say. */
  claim(name: string, container: ContainerId): void {
    this.#claims.get(name)?.add(container);
  }

  /** The container is going, and has none of them any more. */
  release(container: ContainerId): void {
    for (const claimed of this.#claims.values()) claimed.delete(container);
    if (this.#claims.size > 0) this.#released.add(container);
  }

  /**
   * Reads the record of one of them, which is none of them from then on; `isChanged`: its holders are others than the disk says. Undefined: it is none of them, or was
   * only being made. Fails with `unavailable` where it still cannot be read.
   */
  async read(
    name: string,
    files: VolumeFiles,
    report: (line: string) => void,
  ): Promise<{ readonly record: VolumeRecord; readonly isChanged: boolean } | undefined> {
    if (!this.#claims.has(name)) return undefined;
    const record = await files.read(name, report).catch((cause: unknown) => {
      throw new Failure('unavailable', `volume ${name} cannot be used: ${Failure.from(cause).message}`, { cause });
    });
    const claimed = this.#claims.get(name) ?? [];
    this.#claims.delete(name);
    if (!record) return undefined;
    const holders = [...new Set([...record.holders, ...claimed])].filter((holder) => !this.#released.has(holder));
    const isChanged = holders.length !== record.holders.length || holders.some((holder) => !record.holders.includes(holder));
    return { record: { ...record, holders }, isChanged };
  }
}
