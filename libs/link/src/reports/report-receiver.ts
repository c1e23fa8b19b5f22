import { Failure } from '@gantry/base';
import { parseMessage } from '../join/messages.ts';
import { type Report, ReportSchema } from './report.ts';

/** Where the server keeps what agents report. */
export interface ReportStore {
  /** The last report of this agent that is committed; 0 where there is none. */
  lastSequence(agentId: string): Promise<number>;
  /** Applies reports in their order and the last sequence with them, in one transaction. Reports are already known to be new. */
  commit(agentId: string, reports: readonly Report[]): Promise<void>;
}

const largestBatch = 256;

/** The server's end of one agent's reports: each is applied once, in order, and acknowledged after it is committed. */
export class ReportReceiver {
  readonly #agentId: string;
  readonly #store: ReportStore;
  readonly #acknowledge: (sequence: number) => void;
  #last: number;
  #waiting: Report[] = [];
  #work: Promise<void> | undefined;

  /** `last` is what the store says is committed. `acknowledge` is told the last committed sequence. */
  constructor(options: { agentId: string; store: ReportStore; last: number; acknowledge: (sequence: number) => void }) {
    this.#agentId = options.agentId;
    this.#store = options.store;
    this.#last = options.last;
    this.#acknowledge = options.acknowledge;
  }

  /**
   * Takes one report as it came over the wire. Resolves when it, or the batch that it fell into, is committed; one that was applied
   * before is only acknowledged again. Rejects with `invalid` for a malformed one, `exhausted` where an agent sends without waiting for
   * acknowledgements, and with whatever the store rejects with: then the link has to end, and the agent sends again.
   */
  async receive(message: unknown): Promise<void> {
    const report: Report = parseMessage(ReportSchema, 'report', message);
    if (this.#waiting.length >= 4 * largestBatch) throw new Failure('exhausted', 'too many reports wait to be stored');
    this.#waiting.push(report);
    this.#work ??= this.#commitAll();
    await this.#work;
  }

  async #commitAll(): Promise<void> {
    // The work is over only after `#work` names it; and what arrives in one turn is committed together.
    await Promise.resolve();
    try {
      for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
        const fresh = this.#freshOf(batch);
        if (fresh.length > 0) await this.#store.commit(this.#agentId, fresh);
        this.#last = fresh.at(-1)?.sequence ?? this.#last;
        this.#acknowledge(this.#last);
      }
    } finally {
      this.#work = undefined;
    }
  }

  #take(): Report[] {
    return this.#waiting.splice(0, largestBatch);
  }

  #freshOf(batch: readonly Report[]): Report[] {
    let last = this.#last;
    return batch.filter(({ sequence }) => {
      if (sequence <= last) return false;
      last = sequence;
      return true;
    });
  }
}
