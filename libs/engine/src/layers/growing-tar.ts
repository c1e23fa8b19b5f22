import { Buffer } from 'node:buffer';
import { Failure } from '@gantry/base';
import type { Digest } from '@gantry/oci/tar';

/** Layout of the memory: how often something was said, the state, the size and the digest. */
const saidAt = 0;
const stateAt = 1;
const sizeAtByte = 8;
const digestAtByte = 16;
const digestBytes = 32;
const states = { grows: 0, isWhole: 1, isGivenUp: 2 } as const;
const prefix = 'sha256:';

/** What both sides see. */
class Shared {
  readonly words: Int32Array;
  readonly size: BigInt64Array;
  readonly digest: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory, 0, 2);
    this.size = new BigInt64Array(memory, sizeAtByte, 1);
    this.digest = new Uint8Array(memory, digestAtByte, digestBytes);
  }
}

/**
 * A plain tar that is written down and hashed by one thread and read by another one behind it: how far it is there, in memory that both share. This is the writer's
 * side; the reader has `GrowingTarReader`.
 */
export class GrowingTar {
  readonly memory = new SharedArrayBuffer(digestAtByte + digestBytes);
  readonly #shared = new Shared(this.memory);

  /** So many bytes are in the file now. */
  grow(sizeBytes: number): void {
    Atomics.store(this.#shared.size, 0, BigInt(sizeBytes));
    this.#say();
  }

  /** All of it is in the file, and this is its digest. */
  complete(digest: Digest): void {
    this.#shared.digest.set(Buffer.from(digest.slice(prefix.length), 'hex'));
    Atomics.compareExchange(this.#shared.words, stateAt, states.grows, states.isWhole);
    this.#say();
  }

  /** Nobody wants it any more, complete or not: who reads it stops. */
  giveUp(): void {
    Atomics.store(this.#shared.words, stateAt, states.isGivenUp);
    this.#say();
  }

  #say(): void {
    Atomics.add(this.#shared.words, saidAt, 1);
    Atomics.notify(this.#shared.words, saidAt);
  }
}

/** So long a reader waits for more: its thread is wanted by others too. */
const patienceMs = 30_000;

export class GrowingTarReader {
  readonly #shared: Shared;
  readonly #patienceMs: number;

  constructor(memory: SharedArrayBuffer, limitMs = patienceMs) {
    this.#shared = new Shared(memory);
    this.#patienceMs = limitMs;
  }

  /**
   * Waits, blocking its thread, until more than `sizeBytes` are there, and answers how many; the size itself at the end. Fails with `cancelled` where the writer gave up,
   * and with `unavailable` where nothing came for too long.
   */
  grownBeyond(sizeBytes: number): number {
    const { words, size } = this.#shared;
    for (;;) {
      // In this order: what is said after the first look ends the wait, and the size no longer grows once the state has changed.
      const said = Atomics.load(words, saidAt);
      const state = Atomics.load(words, stateAt);
      const there = Number(Atomics.load(size, 0));
      if (state === states.isGivenUp) throw new Failure('cancelled', 'unpacking was cancelled');
      if (there > sizeBytes || state === states.isWhole) return there;
      if (Atomics.wait(words, saidAt, said, this.#patienceMs) === 'timed-out')
        throw new Failure('unavailable', `no more of the layer came for ${this.#patienceMs} ms`);
    }
  }

  /** Of all of it, once the end was reached. */
  digest(): Digest {
    return `${prefix}${Buffer.from(this.#shared.digest).toString('hex')}` as Digest;
  }
}
