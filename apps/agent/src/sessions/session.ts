import { setTimeout as pause } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import {
  ByteQueue,
  type Bytes,
  largestSessionPiece,
  leaveUnread,
  readSessionFrames,
  type SessionEndCause,
  type SessionKind,
  type SessionNote,
  type SessionPerson,
} from '@gantry/engine-api';
import { OutputRing } from './output-ring.ts';
import { SessionReader } from './session-reader.ts';

const ringBytes = 1024 * 1024;
/** Typed ahead of a slow program; whoever types more waits. */
const inputBytes = 256 * 1024;
/** A reader who takes nothing for so long no longer holds the program back: it is told what it missed. */
const patienceMs = 10_000;
/** At a time, and listed: a note of who is there fits into a frame. */
const mostPeople = 32;
/** Of those: whoever owns it always finds a place. */
const mostGuests = 24;
/** Until the server says otherwise. */
const usualKeepMs = 600_000;

/** What a session is, for the server: who opened it, where. */
export interface SessionFacts {
  readonly id: string;
  readonly kind: SessionKind;
  /** Empty for a shell on the host. */
  readonly containerId: string;
  readonly containerName: string;
  readonly command: string;
  readonly ownerId: string;
  readonly owner: string;
  /** Of the audit log, which opened it. */
  readonly request: string;
  readonly startedAtMs: number;
}

/** The terminal behind a session, at the engine. */
export interface SessionTerminal {
  /** How long it stays with nobody there, whatever the server says; undefined: as the server says. */
  readonly unattendedMs?: number;
  /** Called once: its output, for what is typed. */
  open(input: Bytes): Bytes;
  resize(columns: number, rows: number): Promise<void>;
  /** Ends its program; the output then ends. Never rejects. */
  hangUp(): Promise<void>;
  /** Asked for when the output has ended; undefined where nobody knows. */
  exitCode(): Promise<number | undefined>;
}

export interface Ended {
  readonly exitCode?: number;
  readonly cause?: SessionEndCause;
  readonly by?: string;
}

/** Where somebody begins to read, and as whom; without a person it is the server that records. */
export interface Attach {
  readonly from: number;
  readonly person: SessionPerson | undefined;
  /** The program waits for this reader however long it takes nothing: nothing is skipped. */
  readonly isHolding?: boolean;
}

/** Guests who read slowly hold nobody back: they are told what they missed. */
const isWaitedFor = ({ person }: SessionReader): boolean => person === undefined || person.mode === 'own';

/**
 * A terminal that does not end with whoever looks at it. Its last output stays here; people come and go and read on at an offset. The program waits for its
 * owner and for its recorder, as it would for a slow terminal, but not for long for one who takes nothing. With nobody there it ends after a while.
 */
export class Session {
  readonly facts: SessionFacts;
  readonly #terminal: SessionTerminal;
  readonly #ring = new OutputRing(ringBytes);
  readonly #input = new ByteQueue(inputBytes);
  readonly #readers = new Set<SessionReader>();
  readonly #finished = Promise.withResolvers<undefined>();
  #size: { columns: number; rows: number };
  #keepMs: number;
  #unattended: NodeJS.Timeout | undefined;
  /** When the last person left; undefined while somebody is there. */
  #unattendedSinceMs: number | undefined;
  #asked: Omit<Ended, 'exitCode'> | undefined;
  #ended: Ended | undefined;
  #endedAtMs = Number.POSITIVE_INFINITY;
  #isRecorded = false;
  /** Whoever opened it is on the way: what it shows until then is theirs to see. */
  #isOwnerAwaited = true;
  #progress = Promise.withResolvers<undefined>();
  #resizing: Promise<void> = Promise.resolve();

  constructor(facts: SessionFacts, terminal: SessionTerminal, size: { columns: number; rows: number }) {
    this.facts = facts;
    this.#terminal = terminal;
    this.#size = size;
    this.#keepMs = terminal.unattendedMs ?? usualKeepMs;
    this.#watchPresence();
    void this.#run();
  }

  get size(): { readonly columns: number; readonly rows: number } {
    return this.#size;
  }

  get ended(): Ended | undefined {
    return this.#ended;
  }

  /** Of the clock that never goes back; infinite while it runs. */
  get endedAtMs(): number {
    return this.#endedAtMs;
  }

  /** The server has taken all of its output and how it ended. */
  get isRecorded(): boolean {
    return this.#isRecorded;
  }

  /** Settles when its program has ended and the exit code is known. */
  get finished(): Promise<undefined> {
    return this.#finished.promise;
  }

  /** How long it stays with nobody there. */
  keepFor(keepMs: number): void {
    this.#keepMs = this.#terminal.unattendedMs ?? keepMs;
    this.#watchPresence();
  }

  /** Somebody has given the terminal another size past this session, as the docker CLI does. */
  hasSize(columns: number, rows: number): void {
    this.#size = { columns, rows };
    for (const reader of this.#readers) reader.tell({ kind: 'size', columns, rows });
  }

  /** `exhausted` where there is no room for one more. */
  admit({ mode }: SessionPerson): void {
    const people = this.#people;
    const guests = people.filter((person) => person.mode !== 'own').length;
    if (people.length >= mostPeople || (mode !== 'own' && guests >= mostGuests))
      throw new Failure('exhausted', `terminal session ${this.facts.id} has ${people.length} people in it: one of them has to leave first`);
  }

  /** Frames of the output from an offset on, with what else happens. What comes in is typed, unless the person only watches. */
  attach({ from, person, isHolding = false }: Attach, input: Bytes): Bytes {
    const reader = new SessionReader(person, {
      ring: this.#ring,
      from: from > 0 && from >= this.#ring.start ? Math.min(from, this.#ring.end) : this.#ring.cleanStart,
      isHolding,
      ended: () => this.#ended,
      moved: () => this.#noteProgress(),
      left: () => this.#leave(reader),
    });
    this.#readers.add(reader);
    if (person?.mode === 'own') this.#isOwnerAwaited = false;
    reader.tell({ kind: 'hello', start: reader.next, end: this.#ring.end, ...this.#size });
    this.#noteProgress();
    this.#presenceChanged();
    if (person === undefined || person.mode === 'watch') leaveUnread(input);
    else void this.#type(input, reader);
    return reader.frames;
  }

  /** Ends the program; the first cause counts. */
  async end(asked: Omit<Ended, 'exitCode'>): Promise<void> {
    if (this.#ended) return;
    this.#asked ??= asked;
    this.#noteProgress();
    await this.#terminal.hangUp();
    this.#input.end();
    await this.finished;
  }

  async #run(): Promise<void> {
    try {
      for await (const chunk of this.#terminal.open(this.#input.bytes)) await this.#show(chunk);
    } catch {
      // The engine is gone or the container was torn away: what was shown stays, and the end says what is known of it.
    }
    this.#input.end();
    const exitCode = await this.#terminal.exitCode().catch(() => undefined);
    this.#ended = { ...(exitCode === undefined ? {} : { exitCode }), ...this.#asked };
    this.#endedAtMs = performance.now();
    clearTimeout(this.#unattended);
    for (const reader of this.#readers) reader.wake();
    this.#finished.resolve(undefined);
  }

  async #show(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; at += largestSessionPiece) {
      const piece = chunk.subarray(at, at + largestSessionPiece);
      await this.#room(piece.length);
      this.#ring.append(piece);
      for (const reader of this.#readers) reader.wake();
    }
  }

  /** Waits while a reader would miss something by so many bytes more. */
  async #room(bytes: number): Promise<void> {
    for (;;) {
      const oldest = this.#ring.end + bytes - this.#ring.capacityBytes;
      const waited = [...this.#readers].filter((reader) => isWaitedFor(reader) && !reader.isLeftBehind && reader.next < oldest);
      const isOwnerAwaited = this.#isOwnerAwaited && oldest > 0;
      if ((waited.length === 0 && !isOwnerAwaited) || this.#asked?.cause === 'agent-stopped') return;
      const before = waited.map(({ next }) => next);
      this.#progress = Promise.withResolvers();
      const patience = new AbortController();
      const isTired = await Promise.race([
        this.#progress.promise.then(() => false),
        pause(patienceMs, true, { signal: patience.signal, ref: false }).catch(() => false),
      ]);
      patience.abort();
      if (isTired) this.#isOwnerAwaited = false;
      if (isTired)
        for (const [index, reader] of waited.entries()) reader.isLeftBehind ||= !reader.isHolding && reader.next === before[index];
    }
  }

  #noteProgress(): void {
    this.#progress.resolve(undefined);
  }

  async #type(input: Bytes, reader: SessionReader): Promise<void> {
    try {
      for await (const part of readSessionFrames(input)) {
        if (this.#ended) return;
        if (part instanceof Uint8Array) await this.#input.push(part);
        else if (part.kind === 'size') this.#resize(part, reader);
      }
    } catch {
      reader.stop(); // whoever sends what is no frame, or is gone, reads no more
    }
  }

  /** One after the other, and typing never waits for it. */
  #resize({ columns, rows }: Extract<SessionNote, { kind: 'size' }>, by: SessionReader): void {
    if (columns < 1 || rows < 1 || columns > 1000 || rows > 1000) return;
    this.#size = { columns, rows };
    for (const reader of this.#readers) if (reader !== by) reader.tell({ kind: 'size', columns, rows });
    this.#resizing = this.#resizing.then(() => this.#terminal.resize(columns, rows)).catch(() => undefined); // it has just ended
  }

  #leave(reader: SessionReader): void {
    if (!this.#readers.delete(reader)) return;
    this.#isRecorded ||= reader.person === undefined && reader.hasReadAll;
    this.#noteProgress();
    this.#presenceChanged();
  }

  #presenceChanged(): void {
    const people = this.#people.slice(0, mostPeople);
    for (const reader of this.#readers) reader.tell({ kind: 'present', people });
    this.#watchPresence();
  }

  get #people(): readonly SessionPerson[] {
    return [...this.#readers].flatMap(({ person }) => (person ? [person] : []));
  }

  /** The time runs from when the last person left, however often its recorder comes anew. */
  #watchPresence(): void {
    clearTimeout(this.#unattended);
    const isAttended = this.#people.length > 0;
    this.#unattendedSinceMs = isAttended ? undefined : (this.#unattendedSinceMs ?? performance.now());
    if (this.#ended || this.#unattendedSinceMs === undefined) return;
    const leftMs = Math.max(0, this.#unattendedSinceMs + this.#keepMs - performance.now());
    this.#unattended = setTimeout(() => void this.end({ cause: 'unattended' }), leftMs).unref();
  }
}
