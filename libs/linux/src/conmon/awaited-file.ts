import { closeSync } from 'node:fs';
import { rename, rm, symlink, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { openPipe } from '../crun/start-process.ts';

/**
 * A file that can be opened before its text is known: until it is filled a link to a pipe of ours stands in its place, and who reads it waits. Programs that
 * need a while before they read it can be started meanwhile.
 */
export class AwaitedFile implements Disposable {
  readonly #path: string;
  readonly #reads: number;
  readonly #writer: Socket;

  private constructor(path: string, { reads, writes }: { reads: number; writes: number }) {
    this.#path = path;
    this.#reads = reads;
    // Nobody reads the pipe who opens the file later.
    this.#writer = new Socket({ fd: writes, readable: false, writable: true }).on('error', () => undefined);
  }

  /** Replaces what is at the path. */
  static async open(path: string): Promise<AwaitedFile> {
    using opened = new DisposableStack();
    const file = opened.use(new AwaitedFile(path, openPipe()));
    await rm(path, { force: true });
    await symlink(`/proc/${process.pid}/fd/${file.#reads}`, path);
    opened.move();
    return file;
  }

  /** Once. Who opens the path from now on finds a plain file, who waits gets its text; both may be one after the other in the same reader. */
  async fill(text: string): Promise<void> {
    await writeFile(`${this.#path}.new`, text, { mode: 0o600 });
    await rename(`${this.#path}.new`, this.#path);
    this.#writer.end(text);
  }

  /** Its text will never be known: who waits finds it empty. */
  giveUp(): void {
    this.#writer.destroy();
  }

  /** When nobody will open the link any more: it leads to a descriptor of ours, whose number is used again. */
  [Symbol.dispose](): void {
    this.giveUp();
    closeSync(this.#reads);
  }
}
