import {
  type Bytes,
  largestSessionPiece,
  pulledBytes,
  sessionBytes,
  type SessionNote,
  sessionNote,
  type SessionPerson,
} from '@gantry/engine-api';
import type { OutputRing } from './output-ring.ts';

export interface ReaderOptions {
  readonly ring: OutputRing;
  readonly from: number;
  /** It is waited for however long it takes nothing. */
  readonly isHolding: boolean;
  /** How it ended; undefined while it runs. */
  readonly ended: () => Omit<Extract<SessionNote, { kind: 'ended' }>, 'kind'> | undefined;
  /** The reader has taken something. */
  readonly moved: () => void;
  /** The reader is gone; called once. */
  readonly left: () => void;
}

/** Somebody who reads a session: where they are in its output, and what they have to be told beside it. */
export class SessionReader {
  readonly person: SessionPerson | undefined;
  readonly frames: Bytes;
  /** Offset of the next byte that the reader gets; what comes before it was taken. */
  next: number;
  /** Took nothing for long: nobody waits for it until it has caught up. */
  isLeftBehind = false;
  readonly #options: ReaderOptions;
  /** The newest of each kind; of what is told once more only the last counts. */
  readonly #notes = new Map<SessionNote['kind'], SessionNote>();
  #given = 0;
  #state: 'reading' | 'last' | 'over' = 'reading';
  #changed: PromiseWithResolvers<undefined> | undefined;
  #hasReadAll = false;

  constructor(person: SessionPerson | undefined, options: ReaderOptions) {
    this.person = person;
    this.#options = options;
    this.next = options.from;
    this.frames = pulledBytes(
      () => this.#pull(),
      () => this.stop(),
    );
  }

  get isHolding(): boolean {
    return this.#options.isHolding;
  }

  /** Has taken the output to its end and how it ended. */
  get hasReadAll(): boolean {
    return this.#hasReadAll;
  }

  tell(note: SessionNote): void {
    this.#notes.set(note.kind, note);
    this.wake();
  }

  wake(): void {
    this.#changed?.resolve(undefined);
  }

  /** Nothing more is given. */
  stop(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.wake();
    this.#options.left();
  }

  async #pull(): Promise<Uint8Array | undefined> {
    this.#take();
    for (;;) {
      if (this.#state !== 'reading') {
        this.#hasReadAll ||= this.#state === 'last';
        this.stop();
        return undefined;
      }
      const frame = this.#nextFrame();
      if (frame) return frame;
      this.#changed = Promise.withResolvers();
      await this.#changed.promise;
    }
  }

  /** Whoever asks for more has taken what was given before. */
  #take(): void {
    if (this.#given === 0) return;
    this.next += this.#given;
    this.#given = 0;
    if (this.next >= this.#options.ring.start) this.isLeftBehind = false;
    this.#options.moved();
  }

  #nextFrame(): Uint8Array | undefined {
    const [note] = this.#notes.values();
    if (note) {
      this.#notes.delete(note.kind);
      return sessionNote(note);
    }
    const { ring, ended } = this.#options;
    if (this.next < ring.start) {
      this.next = ring.start;
      this.isLeftBehind = false;
      return sessionNote({ kind: 'skipped', to: this.next });
    }
    const bytes = ring.read(this.next, largestSessionPiece);
    this.#given = bytes.length;
    if (bytes.length > 0) return sessionBytes(bytes);
    const end = ended();
    if (!end) return undefined;
    this.#state = 'last';
    return sessionNote({ kind: 'ended', ...end });
  }
}
