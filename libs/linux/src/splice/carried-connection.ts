import { closeSync } from 'node:fs';
import { events, makeResetOnClose, openPipe, pipeBytes, sayEnd, splice } from './splice-calls.ts';

/** One direction: what one socket brings goes by a pipe to the other. */
interface Direction {
  readonly from: number;
  readonly to: number;
  readonly pipe: readonly [from: number, to: number];
  /** In the pipe. */
  bytes: number;
  hasEnded: boolean;
}

/** Two TCP connections that are one to their ends. The sockets are its own from then on. */
export class CarriedConnection {
  readonly #sockets: readonly [number, number];
  readonly #directions: readonly Direction[];

  constructor(sockets: readonly [number, number]) {
    this.#sockets = sockets;
    const [one, other] = sockets;
    this.#directions = [
      { from: one, to: other, pipe: openPipe(), bytes: 0, hasEnded: false },
      { from: other, to: one, pipe: openPipe(), bytes: 0, hasEnded: false },
    ];
  }

  /** What it waits for. */
  get wanted(): readonly { readonly fd: number; readonly events: number }[] {
    return this.#sockets.map((fd) => {
      const isHeard = this.#directions.some(({ from, bytes, hasEnded }) => from === fd && bytes === 0 && !hasEnded);
      const isTold = this.#directions.some(({ to, bytes }) => to === fd && bytes > 0);
      return { fd, events: (isHeard ? events.readable : 0) | (isTold ? events.writable : 0) };
    });
  }

  /** Carries what can be carried, told what happened to its two sockets; false when it is over. */
  carry(happened: readonly number[]): boolean {
    for (const direction of this.#directions) if (!move(direction)) return false;
    if (this.#directions.every(({ hasEnded, bytes }) => hasEnded && bytes === 0)) return false;
    // Both ways of a socket are over, and not by what was carried: nobody is left to hear what the other one says.
    return !happened.some((flags) => (flags & events.broken) !== 0);
  }

  /** An end that was not said by both is a broken connection to the other. */
  close(): void {
    const isWhole = this.#directions.every(({ hasEnded, bytes }) => hasEnded && bytes === 0);
    if (!isWhole) for (const socket of this.#sockets) makeResetOnClose(socket);
    for (const fd of [...this.#sockets, ...this.#directions.flatMap(({ pipe }) => pipe)]) closeSync(fd);
  }
}

/** A pipe's worth at most, so that others have their turn; false where the way is broken. */
function move(direction: Direction): boolean {
  const { from, to, pipe } = direction;
  if (direction.bytes === 0 && !direction.hasEnded) {
    const taken = splice(from, pipe[1], pipeBytes);
    if (taken === 'broken') return false;
    if (taken === 0) {
      direction.hasEnded = true;
      sayEnd(to);
    } else if (taken !== 'later') direction.bytes = taken;
  }
  while (direction.bytes > 0) {
    const given = splice(pipe[0], to, direction.bytes);
    if (given === 'broken' || given === 0) return false;
    if (given === 'later') return true;
    direction.bytes -= given;
  }
  return true;
}
