import { demultiplex } from '@gantry/engine-api/client';
import type { Installation } from './installation.ts';

const retryMs = 200;

interface Position {
  readonly at: string;
  /** How many lines of that very time were read. */
  readonly lines: number;
}

/**
 * Follows the log of a container over the server's door, and after each cut goes on from its position: the time of the last line, and how many lines of
 * that time it has. It does not look at what the lines say.
 */
export class LogFollower {
  readonly lines: string[] = [];
  cuts = 0;
  readonly #installation: Installation;
  readonly #id: string;
  #position: Position | undefined;

  constructor(installation: Installation, id: string) {
    this.#installation = installation;
    this.#id = id;
  }

  /** Reads until a line that `isLast`. */
  async run(isLast: (line: string) => boolean, signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.#readOnce(signal);
      } catch (thrown) {
        if (signal.aborted) throw thrown;
      }
      if (isLast(this.lines.at(-1) ?? '')) return;
      this.cuts += 1;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
      signal.throwIfAborted();
    }
  }

  async #readOnce(signal: AbortSignal): Promise<void> {
    const from = this.#position;
    const since = from === undefined ? '' : `&since=${secondsOf(from.at)}`;
    const target = `/containers/${this.#id}/logs?follow=1&stdout=1&timestamps=1${since}`;
    const { status, body } = await this.#installation.engine('GET', target, { signal });
    if (status !== 200 || body === null) throw new Error(`the log of ${this.#id} answered ${status}`);
    let toSkip = from?.lines ?? 0;
    let rest = '';
    for await (const { bytes } of demultiplex(body)) {
      const lines = (rest + Buffer.from(bytes).toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [at = ''] = line.split(' ', 1);
        if (toSkip > 0 && at === from?.at) toSkip -= 1;
        else this.#take(at, line.slice(at.length + 1));
      }
    }
  }

  #take(at: string, line: string): void {
    this.#position = { at, lines: this.#position?.at === at ? this.#position.lines + 1 : 1 };
    this.lines.push(line);
  }
}

/** A time with nanoseconds as the API's `since` counts: seconds and a fraction. */
function secondsOf(time: string): string {
  const [whole = '', fraction = '0'] = time.replace(/Z$/, '').split('.');
  return `${Date.parse(`${whole}Z`) / 1000}.${fraction.padEnd(9, '0')}`;
}
