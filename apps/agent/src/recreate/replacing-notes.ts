import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import type { Engine } from '@gantry/engine-api';
import type { Replacing } from './take-back.ts';

/** A note of one recreation; disposing it removes the file, unless somebody said `keep`. */
export interface ReplacingNote extends AsyncDisposable {
  readonly write: (replacing: Replacing) => Promise<void>;
  /** The next start of the agent is to look at it once more. */
  readonly keep: () => void;
}

/** What recreations are under way, a file each below the agent's data: whatever an agent left half done, its next start ends. */
export class ReplacingNotes {
  readonly #directory: string;
  readonly #open = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** `conflict` where the container is being replaced already. */
  async begin(replacing: Replacing): Promise<ReplacingNote> {
    const { oldId, name } = replacing;
    if (this.#open.has(oldId)) throw new Failure('conflict', `container ${name} is being replaced already`);
    this.#open.add(oldId);
    let isKept = false;
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      await this.#write(replacing);
    } catch (thrown) {
      this.#open.delete(oldId);
      throw thrown;
    }
    return {
      write: (next) => this.#write(next),
      keep: () => (isKept = true),
      [Symbol.asyncDispose]: async () => {
        this.#open.delete(oldId);
        if (!isKept) await rm(this.#pathOf(oldId), { force: true });
      },
    };
  }

  /**
   * Ends what an agent before this one began: removes what was replaced, takes the rest back. Tells what it did, and what it could not do and leaves to the next start. The code for
   * it is loaded only where there is something to do. What is not done when the signal aborts is left to the next start: an engine that answers never keeps no agent from its work.
   */
  async finishAll(engine: Engine, say: (what: string) => void, signal: AbortSignal): Promise<void> {
    const files = (await readdir(this.#directory).catch(() => [])).filter((name) => name.endsWith('.json'));
    if (files.length === 0) return;
    const { finishReplacing } = await import('./finish-replacing.ts');
    for (const file of files) {
      const path = join(this.#directory, file);
      try {
        say(await finishReplacing(endingWith(engine, signal), await readFile(path, 'utf8')));
        await rm(path);
      } catch (thrown) {
        say(`the recreation in ${file} could not be ended: ${Failure.from(thrown).message}`);
      }
    }
  }

  async #write(replacing: Replacing): Promise<void> {
    const path = this.#pathOf(replacing.oldId);
    await writeFile(`${path}.new`, JSON.stringify(replacing), { mode: 0o600, flush: true });
    await rename(`${path}.new`, path);
  }

  #pathOf(id: string): string {
    return join(this.#directory, `${id}.json`);
  }
}

/** The same engine until the signal aborts: then no request is sent, and those under way end, whether the engine heeds their signal or not. */
function endingWith(engine: Engine, signal: AbortSignal): Engine {
  return async (request) => {
    signal.throwIfAborted();
    const { promise: isOver, reject } = Promise.withResolvers<never>();
    const end = (): void => reject(new Failure('unavailable', 'the engine has not answered in time'));
    signal.addEventListener('abort', end, { once: true });
    try {
      return await Promise.race([isOver, engine({ ...request, signal: AbortSignal.any([request.signal, signal]) })]);
    } finally {
      signal.removeEventListener('abort', end);
    }
  };
}
