import type { AuditHead } from './audit-head.ts';
import { chainHash, type ChainedRow, firstHash } from './audit-row.ts';

export type Verdict =
  | { readonly kind: 'whole'; readonly rows: number; readonly signed: AuditHead | undefined }
  | {
      readonly kind: 'broken';
      /** The first row that is not as it was written. */
      readonly row: number;
      readonly why: string;
    };

/** Where the walk stands: the row that it believed last. */
interface Step {
  readonly sequence: bigint;
  readonly hash: Uint8Array;
}

/**
 * Walks the chain from its first row and holds it against the signed heads; both come in their order and are read once. Finds what was changed, removed,
 * inserted, moved, rewritten with new hashes before the last head, and cut off at the end where a head has signed more.
 */
export async function verifyChain(rows: AsyncIterable<ChainedRow>, heads: AsyncIterable<AuditHead>): Promise<Verdict> {
  await using signed = new Signed(heads);
  let before: Step = { sequence: 0n, hash: firstHash };
  await using walk = pairs(rows);
  const foundAtStart = await signed.breakAt(before);
  if (foundAtStart !== undefined) return foundAtStart;
  for await (const [row, next] of walk) {
    const found = breakBetween(before, row, next) ?? (await signed.breakAt(row));
    if (found) return found;
    before = row;
  }
  return (await signed.breakBehind(before)) ?? { kind: 'whole', rows: Number(before.sequence), signed: signed.last };
}

function breakBetween(before: Step, row: ChainedRow, next: ChainedRow | undefined): Verdict | undefined {
  const expected = before.sequence + 1n;
  if (row.sequence < expected) return broken(row.sequence, 'it does not belong to the log: rows count from 1');
  if (row.sequence > expected) {
    const last = row.sequence - 1n;
    return broken(expected, last === expected ? 'it is missing' : `it is missing, and so are those up to row ${last}`);
  }
  if (isEqual(chainHash(before.hash, row), row.hash)) return undefined;
  // Its hash is the one that the next row was chained to, so it is the content that is another.
  const isOwnHash = next?.sequence === expected + 1n && isEqual(chainHash(row.hash, next), next.hash);
  if (isOwnHash) return broken(expected, 'its content was changed after it was written');
  const place = expected === 1n ? 'it is not the first row that was written' : `it does not follow from row ${before.sequence}`;
  return broken(expected, `${place}: one of the two was changed, or a row was inserted, removed or moved there`);
}

/** The heads beside the walk: each is compared when its row is reached. */
class Signed implements AsyncDisposable {
  /** The newest head whose row is as it was signed. */
  last: AuditHead | undefined;
  readonly #heads: AsyncIterator<AuditHead>;
  #next: AuditHead | undefined;
  #isOpen = false;

  constructor(heads: AsyncIterable<AuditHead>) {
    this.#heads = heads[Symbol.asyncIterator]();
  }

  async breakAt({ sequence, hash }: Step): Promise<Verdict | undefined> {
    for (let head = await this.#peek(); head && BigInt(head.sequence) <= sequence; head = await this.#advance()) {
      if (BigInt(head.sequence) !== sequence || head.hash !== Buffer.from(hash).toString('hex')) {
        const since = this.last ? `after row ${this.last.sequence}, which is as it was signed at ${this.last.at}` : 'from the first row on';
        return broken(sequence, `it is not the row that was signed at ${head.at}: the log was rewritten somewhere ${since}`);
      }
      this.last = head;
    }
    return undefined;
  }

  async breakBehind({ sequence }: Step): Promise<Verdict | undefined> {
    const head = await this.#peek();
    if (!head) return undefined;
    const later = await this.#advance();
    if (later && later.sequence < head.sequence) {
      return broken(
        BigInt(later.sequence + 1),
        `row ${head.sequence} was signed at ${head.at}, but at ${later.at} the log ended with row ${later.sequence}: it was cut off in between`,
      );
    }
    return broken(sequence + 1n, `the log ends before it, but row ${head.sequence} was signed at ${head.at}: the end was cut off`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#heads.return?.();
  }

  async #peek(): Promise<AuditHead | undefined> {
    return this.#isOpen ? this.#next : this.#advance();
  }

  async #advance(): Promise<AuditHead | undefined> {
    this.#isOpen = true;
    const result = await this.#heads.next();
    this.#next = result.done === true ? undefined : result.value;
    return this.#next;
  }
}

/** Each row with the one after it. */
async function* pairs(rows: AsyncIterable<ChainedRow>): AsyncGenerator<[ChainedRow, ChainedRow | undefined]> {
  let waiting: ChainedRow | undefined;
  for await (const row of rows) {
    if (waiting) yield [waiting, row];
    waiting = row;
  }
  if (waiting) yield [waiting, undefined];
}

function broken(row: bigint, why: string): Verdict {
  return { kind: 'broken', row: Number(row), why };
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
