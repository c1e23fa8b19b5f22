import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '@gantry/linux';

export type Shortage = 'disk' | 'inodes';

/** A small ext4 of a test's own, on a loop device. */
export class SmallDisk implements Disposable {
  readonly path: string;
  #image: string;

  private constructor(path: string, image: string) {
    this.path = path;
    this.#image = image;
  }

  /** Mounted at a path that does not exist yet; its image lies beside it. Nothing is reserved for root. */
  static make(path: string, { megabytes, inodes }: { readonly megabytes: number; readonly inodes: number }): SmallDisk {
    const disk = new SmallDisk(path, `${path}.ext4`);
    execFileSync('truncate', ['-s', `${megabytes}M`, disk.#image]);
    execFileSync('mkfs.ext4', ['-q', '-m', '0', '-N', String(inodes), disk.#image]);
    mkdirSync(disk.path);
    disk.#mount();
    return disk;
  }

  /**
   * After a power cut, with what the disk had then. It is another image: a mount namespace that somebody has made meanwhile may hold the old one, which would be
   * mounted again as it is, shut down. Each byte of it is read: `cp` asks the file system where data is, and is now and then told that there is none where data
   * is just on its way to the disk.
   */
  mountAgain(): void {
    const image = `${this.#image}+`;
    execFileSync('dd', [`if=${this.#image}`, `of=${image}`, 'bs=1M', 'conv=sparse', 'status=none']);
    rmSync(this.#image);
    this.#image = image;
    this.#mount();
  }

  unmount(): void {
    execFileSync('umount', [this.path]);
  }

  /** Until nothing more fits: bytes, or files. */
  fill(shortage: Shortage): void {
    if (shortage === 'disk') this.#fillBytes();
    else this.#fillInodes();
  }

  empty(): void {
    rmSync(join(this.path, 'filler'), { recursive: true, force: true });
  }

  [Symbol.dispose](): void {
    this.unmount();
  }

  #mount(): void {
    execFileSync('mount', ['-o', 'loop', this.#image, this.path]);
  }

  #fillBytes(): void {
    mkdirSync(join(this.path, 'filler'), { recursive: true });
    for (const bytes of [1 << 20, 4096, 1]) {
      const file = openSync(join(this.path, 'filler', String(bytes)), 'a');
      untilFull(() => writeSync(file, Buffer.alloc(bytes)));
      closeSync(file);
    }
    if (statfsSync(this.path).bavail > 0) throw new Error('it is not full');
  }

  #fillInodes(): void {
    mkdirSync(join(this.path, 'filler'), { recursive: true });
    let count = 0;
    untilFull(() => writeFileSync(join(this.path, 'filler', `i-${++count}`), ''));
  }
}

function untilFull(write: () => unknown): void {
  for (;;) {
    try {
      write();
    } catch (thrown) {
      if (errnoOf(thrown) === 'ENOSPC') return;
      throw thrown;
    }
  }
}
