import { Failure } from '@gantry/base';
import * as z from 'zod/mini';
import { readIfPresent, writeDurably } from './durable-file.ts';

const Stored = z.object({ serverFingerprint: z.string(), epoch: z.int().check(z.nonnegative()) });

/** The highest epoch of its server that this host has seen, on its disk: a server that is older than that is not obeyed. */
export class ServerEpoch {
  readonly #path: string;
  readonly #serverFingerprint: string;
  #highest: number;

  private constructor(path: string, stored: z.infer<typeof Stored>) {
    this.#path = path;
    this.#serverFingerprint = stored.serverFingerprint;
    this.#highest = stored.epoch;
  }

  /** What is in the file, nothing where it is of another server. A damaged file is `invalid` and named. */
  static async open(path: string, serverFingerprint: string): Promise<ServerEpoch> {
    const content = await readIfPresent(path);
    const stored = content === undefined ? undefined : read(path, content);
    return new ServerEpoch(path, stored?.serverFingerprint === serverFingerprint ? stored : { serverFingerprint, epoch: 0 });
  }

  get highest(): number {
    return this.#highest;
  }

  /** Resolves when it is on the disk. A lower one changes nothing. */
  async raise(epoch: number): Promise<void> {
    if (epoch <= this.#highest) return;
    await writeDurably(this.#path, `${JSON.stringify({ serverFingerprint: this.#serverFingerprint, epoch })}\n`);
    this.#highest = epoch;
  }
}

function read(path: string, content: string): z.infer<typeof Stored> {
  try {
    return z.parse(Stored, JSON.parse(content));
  } catch (cause) {
    throw new Failure('invalid', `${path} does not tell an epoch of the server: remove it`, { cause });
  }
}
