import { setTimeout as pause } from 'node:timers/promises';
import { Failure, type FailureCode } from '@gantry/base';
import {
  type EngineClient,
  type HijackedResponse,
  noBytes,
  readSessionFrames,
  type SessionEndCause,
  type SessionNote,
  type SessionPerson,
} from '@gantry/engine-api';
import type { OpenRecording } from '../recordings/terminal-recorder.ts';
import type { TerminalHosts } from './terminal-hosts.ts';
import type { OwnedTerminal } from './terminal-owners.ts';

/** A terminal that the server stays attached to. */
export interface KeptOptions {
  readonly terminal: OwnedTerminal & { readonly owner: string; readonly startedAt: Date };
  readonly hosts: TerminalHosts;
  readonly recording: OpenRecording;
  readonly resized: (columns: number, rows: number) => void;
}

const againMs = 250;
const mostAgainMs = 10_000;
/** The link is gone, or the agent is just stopping: what else goes wrong would go wrong again. */
const ofLink: readonly FailureCode[] = ['unavailable', 'cancelled'];

/**
 * Records a terminal from where it is to its end, over every link that its host has meanwhile: after a lost one from the byte at which it stopped. What cannot
 * be recorded is ended.
 */
export class KeptTerminal {
  readonly terminal: KeptOptions['terminal'];
  /** Everybody who is in it now, as far as its host tells. */
  people: readonly SessionPerson[] = [];
  readonly #options: KeptOptions;
  readonly #client: EngineClient;
  #next = 0;
  #causeWaiting: SessionEndCause | undefined;
  readonly #abandoned = new AbortController();
  #isUnwritable = false;
  #againMs = againMs;

  constructor(options: KeptOptions) {
    this.terminal = options.terminal;
    this.#options = options;
    this.#client = options.hosts.client(options.terminal.host);
  }

  /** Attaches; then nothing that is shown is missed. Rejects where the terminal cannot be recorded. */
  attach(signal: AbortSignal): Promise<HijackedResponse> {
    const { hosts, terminal } = this.#options;
    return this.#client.open('SessionRecord', { path: { id: terminal.id }, query: { from: this.#next, keep: hosts.keepSeconds } }, signal);
  }

  /** Its host is gone for good: the recording ends here. */
  abandon(): void {
    this.#abandoned.abort(new Failure('cancelled', 'the host is removed'));
  }

  /** Until the terminal has ended, is abandoned, or the signal aborts; never rejects. */
  async record(first: HijackedResponse | undefined, stopping: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([stopping, this.#abandoned.signal]);
    try {
      let attached = first;
      while (!(await this.#recordOnce(attached, signal))) {
        attached = undefined;
        this.people = [];
        await pause(this.#againMs, undefined, { signal, ref: false });
        this.#againMs = Math.min(mostAgainMs, this.#againMs * 2);
        await this.#options.hosts.linked(this.terminal.host, signal);
      }
    } catch {
      // The host is removed, or the server stops; the terminal then goes on and is recorded further when it is back.
    } finally {
      await this.#options.recording.close();
    }
  }

  /** Tells its host to end it, now or when the host is back. Resolves true where it is over. Never rejects. */
  async end(cause: SessionEndCause): Promise<boolean> {
    this.#causeWaiting ??= cause;
    try {
      await this.#client.call('SessionEnd', { path: { id: this.terminal.id }, query: { cause: this.#causeWaiting } });
      return true;
    } catch (thrown) {
      return Failure.from(thrown).code === 'not-found';
    }
  }

  /** Resolves true where it is over, false where only the link is. */
  async #recordOnce(attached: HijackedResponse | undefined, signal: AbortSignal): Promise<boolean> {
    try {
      if (this.#causeWaiting && !attached) await this.end(this.#causeWaiting);
      const { open } = attached ?? (await this.attach(signal));
      for await (const part of readSessionFrames(open(noBytes))) {
        if (part instanceof Uint8Array) await this.#write(part);
        else if (part.kind === 'ended') return true;
        else this.#hear(part);
      }
      return false;
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const { code } = Failure.from(thrown);
      if (ofLink.includes(code)) return false;
      return code === 'not-found' || this.end('ended');
    }
  }

  /** Until it has really ended all that is shown is recorded, as long as it can be. */
  async #write(bytes: Uint8Array): Promise<void> {
    this.#next += bytes.length;
    if (this.#isUnwritable) return;
    try {
      await this.#options.recording.output(bytes);
    } catch {
      this.#isUnwritable = true;
      void this.end('ended'); // the host answers when it has ended, and reads on here until then
    }
  }

  #hear(note: SessionNote): void {
    if (note.kind === 'hello') {
      this.#againMs = againMs;
      this.#goOn(note.start);
    }
    if (note.kind === 'skipped') this.#goOn(note.to);
    if (note.kind === 'size') this.#options.resized(note.columns, note.rows);
    if (note.kind === 'present') this.people = note.people;
  }

  /** What the host does not keep any more is missing from the recording, and it says so. */
  #goOn(at: number): void {
    if (at > this.#next) this.#options.recording.mark(`${at - this.#next} bytes of the output are missing here`);
    this.#next = at;
  }
}
