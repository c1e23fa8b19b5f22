import type { Spool } from './spool.ts';

const windowReports = 128;
const windowBytes = 1024 * 1024;

/** The agent's end: sends what the spool holds and what comes, in order, at most a window of it unacknowledged. */
export class ReportSender {
  readonly #spool: Spool;
  readonly #send: (report: unknown) => void;
  readonly #unacknowledged: { sequence: number; bytes: number }[] = [];
  #bytes = 0;
  #moved = Promise.withResolvers<undefined>();

  constructor(spool: Spool, send: (report: unknown) => void) {
    this.#spool = spool;
    this.#send = send;
  }

  /** Sends everything after `committed`, the last report that the server has, until the signal aborts. */
  async run(committed: number, signal: AbortSignal): Promise<void> {
    this.#spool.raise(committed);
    await this.#spool.acknowledge(committed);
    signal.addEventListener('abort', () => this.#moved.resolve(undefined), { once: true });
    for await (const { sequence, line } of this.#spool.after(committed, signal)) {
      while (this.#isFull() && !isAborted(signal)) await this.#moved.promise;
      if (isAborted(signal)) return;
      this.#unacknowledged.push({ sequence, bytes: line.length });
      this.#bytes += line.length;
      this.#send(JSON.parse(line));
    }
  }

  /** The server has committed everything up to this number. */
  async acknowledge(sequence: number): Promise<void> {
    while (this.#unacknowledged[0] && this.#unacknowledged[0].sequence <= sequence) {
      this.#bytes -= this.#unacknowledged.shift()?.bytes ?? 0;
    }
    this.#moved.resolve(undefined);
    this.#moved = Promise.withResolvers();
    await this.#spool.acknowledge(sequence);
  }

  #isFull(): boolean {
    return this.#unacknowledged.length >= windowReports || this.#bytes >= windowBytes;
  }
}

// The signal changes between two looks at it, which the compiler does not know.
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
