import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, hexOf, parseJson } from '@gantry/oci';
import * as z from 'zod';
import { removeUnfinished, writeDurably } from '../state/durable-file.ts';
import type { BorrowedContent } from './borrowed-content.ts';

const borrowedList = z.array(z.object({ offset: z.number(), sizeBytes: z.number(), path: z.string(), from: z.number() }));

/** What blobs borrow of their layers (see `giveUpContent`), a file for each. */
export class BorrowerLists {
  readonly #root: string;
  readonly #names: Set<string>;

  private constructor(root: string, names: Set<string>) {
    this.#root = root;
    this.#names = names;
  }

  /** `isKept`: whether there is a blob of this name (hex); the list of another goes, whose writer was killed before the blob came. */
  static async open(root: string, isKept: (hex: string) => boolean): Promise<BorrowerLists> {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await removeUnfinished(root);
    const names = await readdir(root);
    for (const name of names) if (!isKept(name)) await rm(join(root, name), { force: true });
    return new BorrowerLists(root, new Set(names.filter(isKept)));
  }

  has(digest: Digest): boolean {
    return this.#names.has(hexOf(digest));
  }

  /** In the order of the tar; empty for a blob that borrows nothing. Fails with `invalid` where the list is damaged. */
  async read(digest: Digest): Promise<BorrowedContent[]> {
    if (!this.has(digest)) return [];
    return parseJson(borrowedList, `list of what blob ${digest} borrows`, await readFile(this.#path(digest)));
  }

  async write(digest: Digest, borrowed: readonly BorrowedContent[]): Promise<void> {
    await writeDurably(this.#path(digest), JSON.stringify(borrowed));
    this.#names.add(hexOf(digest));
  }

  async remove(digest: Digest): Promise<void> {
    if (!this.#names.delete(hexOf(digest))) return;
    await rm(this.#path(digest), { force: true });
  }

  #path(digest: Digest): string {
    return join(this.#root, hexOf(digest));
  }
}
