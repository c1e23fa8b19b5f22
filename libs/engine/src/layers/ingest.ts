import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Where things are made before they are complete; nothing in it is ever looked for, and what a killed engine left there goes at the next start. */
export class Ingest {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  static async open(root: string): Promise<Ingest> {
    await mkdir(root, { recursive: true, mode: 0o700 });
    // It stays itself: on a full disk its place would be taken by what a container writes.
    for (const name of await readdir(root)) await rm(join(root, name), { recursive: true, force: true });
    return new Ingest(root);
  }

  /** A directory of the caller's own, removed with what is left in it. */
  async directory(): Promise<AsyncDisposable & { readonly path: string }> {
    const path = await mkdtemp(join(this.#root, 'i-'));
    return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
  }
}
