import { closeSync } from 'node:fs';
import {
  connectionState,
  type ConnectionTarget,
  copyToPipe,
  discard,
  hasBroken,
  type Moved,
  openPipe,
  openStream,
  pipeBytes,
  prepareSocket,
  sayEnd,
  splice,
} from './splice-calls.ts';

/** One way: what one socket brings goes by a pipe to the other. */
interface Direction {
  readonly from: number;
  readonly to: number;
  readonly pipe: readonly [from: number, to: number];
  /** In the pipe: taken from one side and not yet given to the other. */
  bytes: number;
  /** `ended`: all was given and the end was said. `cut`: the other side takes nothing any more, what comes is dropped. `over`: that has ended, too. */
  state: 'open' | 'ended' | 'cut' | 'over';
}

/** So long it is waited for a side to end by itself, when there is nothing to win by it any more. */
const patienceMs = 30_000;

/** How it stands after an attempt: `waiting` for its sockets, having more to do at once, or over. */
export type Carrying = 'waiting' | 'more' | 'over';

/**
 * A TCP connection that was accepted, and the one to the server that is made for it: one to their ends. The end of each way is passed on when all before it was; a side that
 * broke off is heard on the other side as that, unless the other side had been told the end before. It only ever looks at what the calls answer: a socket that hung up may
 * still have something to say.
 */
export class CarriedConnection implements Disposable {
  readonly #target: ConnectionTarget;
  readonly #directions: readonly [toServer: Direction, toClient: Direction];
  readonly #urgent = new Set<number>();
  #isConnected = false;
  /** One side is gone and had not said its end: what it said before is carried, but no end. */
  #isBroken = false;
  #endsAt: number | undefined;
  readonly sockets: readonly [client: number, server: number];

  /** The client's socket is its own where this does not fail: for want of descriptors. */
  constructor(client: number, target: ConnectionTarget) {
    using undo = new DisposableStack();
    const own = (fd: number): number => {
      undo.defer(() => closeSync(fd));
      return fd;
    };
    const ownPipe = (): readonly [from: number, to: number] => {
      const [from, to] = openPipe();
      return [own(from), own(to)];
    };
    const server = own(openStream(target));
    const pipes = [ownPipe(), ownPipe()] as const;
    undo.move();
    this.#target = target;
    this.sockets = [client, server];
    this.#directions = [
      { from: client, to: server, pipe: pipes[0], bytes: 0, state: 'open' },
      { from: server, to: client, pipe: pipes[1], bytes: 0, state: 'open' },
    ];
    for (const socket of this.sockets) prepareSocket(socket);
  }

  /** The socket has said that what it brings next is urgent. */
  noteUrgent(socket: number): void {
    this.#urgent.add(socket);
  }

  /** The socket has said that it has an error: it may be that nobody reads of it or writes to it, and so hears of that. */
  noteError(socket: number): void {
    if (this.#isConnected && hasBroken(socket)) this.#isBroken = true;
  }

  /** When it is to be over at the latest, by `performance.now()`; undefined: it may go on as long as it likes. */
  get endsAt(): number | undefined {
    return this.#endsAt;
  }

  /** Carries what can be carried, a pipe's worth each way at most, so that others have their turn. */
  carry(): Carrying {
    if (!this.#isConnected) {
      const state = connectionState(this.sockets[1], this.#target);
      if (state !== 'connected') return state === 'connecting' ? 'waiting' : 'over';
      this.#isConnected = true;
    }
    const carried = this.#directions.map((direction) => this.#move(direction));
    if (carried.includes('over') || this.#directions.every(({ state }) => state === 'ended' || state === 'over')) return 'over';
    const isEnding = this.#isBroken || this.#directions.every(({ state }) => state !== 'open');
    if (isEnding) this.#endsAt ??= performance.now() + patienceMs;
    return carried.includes('more') ? 'more' : 'waiting';
  }

  /** Whoever was told the end hears the end, whoever was not that the connection broke. Closes the sockets. */
  [Symbol.dispose](): void {
    for (const fd of [...this.sockets, ...this.#directions.flatMap(({ pipe }) => pipe)]) closeSync(fd);
  }

  #move(direction: Direction): Carrying {
    if (direction.state === 'cut') return this.#drop(direction);
    let given = 0;
    while (direction.state === 'open') {
      if (direction.bytes === 0) {
        if (given >= pipeBytes) return 'more';
        const taken = this.#take(direction);
        if (taken === 'later') return 'waiting';
        if (typeof taken === 'string' || (taken === 0 && this.#isBroken)) return 'over';
        if (taken === 0) {
          sayEnd(direction.to);
          direction.state = 'ended';
        }
        direction.bytes = taken;
      } else {
        const moved = splice(direction.pipe[0], direction.to, direction.bytes);
        if (moved === 'later') return 'waiting';
        if (typeof moved === 'string') {
          // What the other side has said before is carried all the same: a server may refuse an upload in the middle and say why.
          this.#isBroken ||= moved === 'broken';
          direction.state = 'cut';
          return 'more';
        }
        direction.bytes -= moved;
        given += moved;
      }
    }
    return 'waiting';
  }

  /** With bytes that nobody has read the end of a connection takes back what was said to the other side: they are read. */
  #drop(direction: Direction): Carrying {
    const dropped = discard(direction.from);
    if (dropped === 'later') return 'waiting';
    if (typeof dropped === 'string') return 'over';
    if (dropped === 0) direction.state = 'over';
    return 'more';
  }

  #take({ from, pipe }: Direction): Moved {
    const taken = splice(from, pipe[1], pipeBytes);
    // Before a byte that is urgent splice(2) says that there is nothing, or the end where that has come as well.
    const mayBeUrgent = taken === 0 || (taken === 'later' && this.#urgent.has(from));
    return mayBeUrgent ? copyToPipe(from, pipe[1]) : taken;
  }
}
