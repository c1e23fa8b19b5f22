import { type FSWatcher, watch } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface ExitRecord {
  /** 0 to 255; 128 + signal where one ended the process. */
  readonly code: number;
  readonly atMs: number;
}

interface Waiter {
  readonly resolve: (record: ExitRecord | 'lost') => void;
  readonly isMonitored: () => boolean;
}

const sweepEveryMs = 2000;

/**
 * The directory into which monitors write how their process ended. Only the exact id counts: conmon writes a temporary name first and renames.
 * Notices by inotify, and by a look every 2 s because inotify queues overflow.
 */
export class ExitDirectory implements Disposable {
  readonly path: string;
  readonly #waiters = new Map<string, Waiter>();
  readonly #watcher: FSWatcher;
  readonly #sweeper: NodeJS.Timeout;

  constructor(path: string, everyMs = sweepEveryMs) {
    this.path = path;
    this.#watcher = watch(path, { persistent: false }, (_, name) => {
      if (name !== null && this.#waiters.has(name)) void this.#look(name);
    });
    this.#watcher.on('error', () => undefined);
    this.#sweeper = setInterval(() => void this.#sweep(), everyMs);
    this.#sweeper.unref();
  }

  /**
   * Resolves with how the process ended, or `lost` where its monitor is gone and left no record. One waiter per id; a second replaces the first.
   * Also finds a record that was there before.
   */
  ended(id: string, isMonitored: () => boolean): Promise<ExitRecord | 'lost'> {
    const ended = new Promise<ExitRecord | 'lost'>((resolve) => {
      this.#waiters.set(id, { resolve, isMonitored });
    });
    void this.#look(id);
    return ended;
  }

  /** The record as it is now. */
  async read(id: string): Promise<ExitRecord | undefined> {
    const file = join(this.path, id);
    try {
      const [text, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
      const code = Number(text.trim());
      return text.trim() !== '' && Number.isInteger(code) ? { code, atMs: mtimeMs } : undefined;
    } catch {
      return undefined;
    }
  }

  /** A stale record would be taken for the next run's: it is forgotten before each create. */
  async forget(id: string): Promise<void> {
    await rm(join(this.path, id), { force: true });
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
    clearInterval(this.#sweeper);
    this.#waiters.clear();
  }

  /** Looks for those alone that have a record or no monitor any more: to look for each would be most of what an engine does while its containers do nothing. */
  async #sweep(): Promise<void> {
    if (this.#waiters.size === 0) return;
    const unmonitored = [...this.#waiters].filter(([, { isMonitored }]) => !isMonitored()).map(([id]) => id);
    const recorded = await readdir(this.path).catch(() => []);
    for (const id of new Set([...unmonitored, ...recorded])) if (this.#waiters.has(id)) void this.#look(id);
  }

  async #look(id: string): Promise<void> {
    // Asked before the record is read: a monitor that ends in between has written it by then.
    const isMonitored = this.#waiters.get(id)?.isMonitored() ?? true;
    const record = (await this.read(id)) ?? (isMonitored ? undefined : 'lost');
    const waiter = this.#waiters.get(id);
    if (record === undefined || waiter === undefined) return;
    this.#waiters.delete(id);
    waiter.resolve(record);
  }
}
