import { closeSync, type FSWatcher, openSync, watch, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import koffi from 'koffi';
import { socketOver } from '../conmon/socket-over.ts';
import { KernelFile } from '../system/kernel-file.ts';
import type { CgroupLayout } from './cgroup-layout.ts';

const eventfd = koffi.load(null).func('int eventfd(uint count, int flags)');
const closeOnExec = 0o2000000;
const nonBlocking = 0o4000;
const killWithinMs = 3000;

/**
 * How many processes of a group and those below it the kernel has killed for want of memory, and who hears of each: cgroup v2 tells by inotify on memory.events, v1 by an
 * eventfd (Documentation/admin-guide/cgroup-v1/memory.rst, 10). To be disposed.
 */
export class MemoryKills implements Disposable {
  readonly #counter: KernelFile;
  readonly #hear: (count: number) => void;
  readonly #ending = new AbortController();
  readonly #opened = new DisposableStack();
  #heard: number;
  #isLooking = false;
  /** Another kill was told while the last one was looked for. */
  #isToldAgain = false;

  private constructor(counter: KernelFile, hear: (count: number) => void) {
    this.#counter = this.#opened.use(counter);
    this.#hear = hear;
    this.#heard = this.count ?? 0;
  }

  /** `hear` is told the new count when it has grown. Fails with `not-found` where there is no such group or the kernel does not count, as before 4.13. */
  static watch(layout: CgroupLayout, path: string, hear: (count: number) => void): MemoryKills {
    const file = fileOf(layout, path);
    using undo = new DisposableStack();
    const kills = undo.use(new MemoryKills(new KernelFile(file), hear));
    if (kills.count === undefined) throw new Failure('not-found', `${file} does not count what is killed for want of memory`);
    if (layout.kind === 'v2') kills.#watchFile(file);
    else kills.#watchDescriptor(file);
    undo.move();
    return kills;
  }

  /** The count alone; undefined where there is none. */
  static read(layout: CgroupLayout, path: string): number | undefined {
    using counter = new KernelFile(fileOf(layout, path));
    return countIn(counter);
  }

  /** By now; undefined: the group is gone. */
  get count(): number | undefined {
    return countIn(this.#counter);
  }

  [Symbol.dispose](): void {
    this.#ending.abort();
    this.#opened.dispose();
  }

  #watchFile(path: string): void {
    const watcher: FSWatcher = watch(path, { persistent: false }, () => this.#look());
    watcher.on('error', () => undefined); // the group is gone
    this.#opened.defer(() => watcher.close());
  }

  #watchDescriptor(file: string): void {
    const descriptor = eventfd(0, closeOnExec | nonBlocking) as number;
    if (descriptor < 0) throw new Failure('exhausted', 'no descriptor is left to watch the memory of a group');
    const socket: Socket = socketOver(descriptor).unref();
    this.#opened.defer(() => socket.destroy());
    const control = openSync(file, 'r');
    try {
      writeFileSync(join(dirname(file), 'cgroup.event_control'), `${descriptor} ${control}`);
    } finally {
      closeSync(control);
    }
    socket.on('error', () => undefined);
    socket.on('data', () => void this.#lookUntilKilled());
  }

  #look(): boolean {
    const count = this.count ?? 0;
    if (count <= this.#heard) return false;
    this.#heard = count;
    this.#hear(count);
    return true;
  }

  /** v1 tells before it kills, and nothing after. */
  async #lookUntilKilled(): Promise<void> {
    this.#isToldAgain = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { signal } = this.#ending;
    while (this.#isToldAgain) {
      this.#isToldAgain = false;
      for (const lastMs = Date.now() + killWithinMs; !signal.aborted && !this.#look() && Date.now() < lastMs;)
        await sleep(5, undefined, { signal, ref: false }).catch(() => undefined);
    }
    this.#isLooking = false;
  }
}

const fileOf = ({ controllers, unified, kind }: CgroupLayout, path: string): string =>
  join(controllers.get('memory') ?? unified ?? '', path, kind === 'v2' ? 'memory.events' : 'memory.oom_control');

function countIn(counter: KernelFile): number | undefined {
  const found = /^oom_kill (\d+)$/m.exec(counter.read() ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
}
