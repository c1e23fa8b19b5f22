import { Failure } from '@gantry/base';
import type { Bytes } from '../engine.ts';

/** Whoever is in a terminal: its owner, somebody who types along, somebody who only looks. */
export type SessionMode = 'own' | 'join' | 'watch';

export interface SessionPerson {
  readonly id: string;
  readonly name: string;
  readonly mode: SessionMode;
}

/** Why a session ended where its program did not end by itself: nobody was there, its owner closed it, somebody ended it, the right went, the agent stopped. */
export type SessionEndCause = 'unattended' | 'closed' | 'ended' | 'taken-away' | 'agent-stopped';
export const sessionEndCauses: readonly SessionEndCause[] = ['unattended', 'closed', 'ended', 'taken-away', 'agent-stopped'];

/**
 * What is said beside the bytes of a terminal. Offsets count the bytes of its output from its beginning.
 *
 * - `hello` comes first: the bytes that follow begin at `start`; what was shown before this attach ends at `end`.
 * - `skipped`: the bytes before `to` are not kept any more; those that follow begin there.
 * - `size`: the terminal has this size now; from whoever types it is what it shall have.
 * - `present`: everybody who is in it now.
 * - `ended` comes last.
 */
export type SessionNote =
  | { readonly kind: 'hello'; readonly start: number; readonly end: number; readonly columns: number; readonly rows: number }
  | { readonly kind: 'skipped'; readonly to: number }
  | { readonly kind: 'size'; readonly columns: number; readonly rows: number }
  | { readonly kind: 'present'; readonly people: readonly SessionPerson[] }
  | { readonly kind: 'ended'; readonly exitCode?: number; readonly cause?: SessionEndCause; readonly by?: string };

const headBytes = 5;
const types = { bytes: 0, note: 1 } as const;
const largestNoteBytes = 16 * 1024;

/** The most bytes of a terminal that one frame holds. */
export const largestSessionPiece = 32 * 1024;

/** Frames of an attached session, in both directions: `u8 type, u32 length, payload`; type 0 are bytes of the terminal, type 1 is a note as JSON. */
export function sessionBytes(bytes: Uint8Array): Uint8Array {
  return frame(types.bytes, bytes);
}

export function sessionNote(note: SessionNote): Uint8Array {
  return frame(types.note, new TextEncoder().encode(JSON.stringify(note)));
}

function frame(type: number, payload: Uint8Array): Uint8Array {
  const whole = new Uint8Array(headBytes + payload.length);
  whole[0] = type;
  new DataView(whole.buffer).setUint32(1, payload.length);
  whole.set(payload, headBytes);
  return whole;
}

/** Reads frames: bytes as they come, notes whole. `invalid` for what is no frame; ends with the bytes, also in the middle of a frame. */
export async function* readSessionFrames(bytes: Bytes): AsyncGenerator<Uint8Array | SessionNote> {
  const decoder = new SessionDecoder();
  for await (const chunk of bytes) yield* decoder.feed(chunk);
}

class SessionDecoder {
  readonly #head = new Uint8Array(headBytes);
  #headLength = 0;
  #left = 0;
  #note: Uint8Array | undefined;

  *feed(chunk: Uint8Array): Generator<Uint8Array | SessionNote> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#headLength < headBytes) {
        rest = this.#readHead(rest);
        if (this.#headLength < headBytes || this.#left > 0) continue;
        this.#headLength = 0; // an empty frame
        continue;
      }
      const taken = rest.subarray(0, this.#left);
      rest = rest.subarray(taken.length);
      if (this.#note) this.#note.set(taken, this.#note.length - this.#left);
      else yield taken;
      this.#left -= taken.length;
      if (this.#left > 0) continue;
      this.#headLength = 0;
      if (this.#note) yield parseNote(this.#note);
    }
  }

  #readHead(bytes: Uint8Array): Uint8Array {
    const taken = bytes.subarray(0, headBytes - this.#headLength);
    this.#head.set(taken, this.#headLength);
    this.#headLength += taken.length;
    if (this.#headLength < headBytes) return bytes.subarray(taken.length);
    const type = this.#head[0];
    this.#left = new DataView(this.#head.buffer).getUint32(1);
    if (type !== types.bytes && type !== types.note) throw new Failure('invalid', `a terminal has no frames of type ${type ?? ''}`);
    if (type === types.note && this.#left > largestNoteBytes) throw new Failure('invalid', `a note of ${this.#left} bytes is too long`);
    this.#note = type === types.note ? new Uint8Array(this.#left) : undefined;
    return bytes.subarray(taken.length);
  }
}

/** By hand: pages read notes, too, and carry no schemas. */
function parseNote(bytes: Uint8Array): SessionNote {
  const wrong = new Failure('invalid', 'a note of a terminal cannot be read');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw wrong;
  }
  if (typeof value !== 'object' || value === null) throw wrong;
  const note = value as Readonly<Record<string, unknown>>;
  const areCounts = (...names: string[]): boolean => names.every((name) => Number.isSafeInteger(note[name]) && Number(note[name]) >= 0);
  const { kind } = note;
  const isWhole =
    (kind === 'hello' && areCounts('start', 'end', 'columns', 'rows')) ||
    (kind === 'skipped' && areCounts('to')) ||
    (kind === 'size' && areCounts('columns', 'rows')) ||
    (kind === 'present' && Array.isArray(note['people']) && note['people'].every(isPerson)) ||
    (kind === 'ended' && isEnd(note));
  if (!isWhole) throw wrong;
  return value as SessionNote;
}

function isPerson(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name, mode } = value as Readonly<Record<string, unknown>>;
  return typeof id === 'string' && typeof name === 'string' && (mode === 'own' || mode === 'join' || mode === 'watch');
}

function isEnd({ exitCode, cause, by }: Readonly<Record<string, unknown>>): boolean {
  const isCause = cause === undefined || sessionEndCauses.includes(cause as SessionEndCause);
  return isCause && (exitCode === undefined || Number.isInteger(exitCode)) && (by === undefined || typeof by === 'string');
}
