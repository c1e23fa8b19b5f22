import { closeSync, fstatSync, readFileSync, type Stats, statSync, writeSync } from 'node:fs';
import koffi from 'koffi';

const libc = koffi.load(null);
const createMemoryFile = libc.func('int memfd_create(str name, uint flags)');
const control = libc.func('int fcntl(int fd, int command, ...)');

const flag = { closeOnExec: 0x01, allowSealing: 0x02, executable: 0x10 } as const;
const F_ADD_SEALS = 1033;
const allSeals = 0x0f; // seal, shrink, grow, write

/**
 * A program in a file of memory that nobody can change any more. crun starts itself again from a copy of its file at each call, so that no container can
 * write to it (CVE-2019-5736), unless it finds that it was started from such a file: 2 to 3 ms of each call. A program that was replaced, by an upgrade
 * for example, is read again; what began with the old one ends with it. Source: libcrun/cloned_binary.c.
 */
export class SealedProgram implements Disposable {
  readonly #source: string;
  /** Where no such file can be made the program itself is run. */
  readonly #canSeal: boolean;
  readonly #descriptors: number[] = [];
  #sealed: Pick<Stats, 'ino' | 'size' | 'mtimeMs'> | undefined;

  constructor(source: string) {
    this.#source = source;
    this.#canSeal = this.#renew();
  }

  /** A path to run; for processes that we start, while this one lives. */
  get path(): string {
    if (!this.#canSeal || (this.#isOld() && !this.#renew())) return this.#source;
    return `/proc/${process.pid}/fd/${this.#descriptors.at(-1)}`;
  }

  [Symbol.dispose](): void {
    for (const descriptor of this.#descriptors.splice(0)) closeSync(descriptor);
    this.#sealed = undefined;
  }

  #isOld(): boolean {
    const found = statSync(this.#source, { throwIfNoEntry: false });
    const sealed = this.#sealed;
    return !found || !sealed || found.ino !== sealed.ino || found.size !== sealed.size || found.mtimeMs !== sealed.mtimeMs;
  }

  /** Whether the program as it is now can be run from memory. */
  #renew(): boolean {
    const descriptor = openMemoryFile();
    if (descriptor < 0) return false;
    try {
      this.#sealed = statSync(this.#source);
      writeSync(descriptor, readFileSync(this.#source));
    } catch {
      closeSync(descriptor);
      return false;
    }
    const isWhole = fstatSync(descriptor).size === this.#sealed.size;
    if (!isWhole || control(descriptor, F_ADD_SEALS, 'int', allSeals) !== 0) {
      closeSync(descriptor);
      return false;
    }
    this.#descriptors.push(descriptor);
    return true;
  }
}

/** Kernels from 6.3 on want to be told that it will be run; older ones do not know the flag. */
function openMemoryFile(): number {
  const flags = flag.closeOnExec | flag.allowSealing;
  const descriptor = createMemoryFile('runtime', flags | flag.executable) as number;
  return descriptor >= 0 ? descriptor : (createMemoryFile('runtime', flags) as number);
}
