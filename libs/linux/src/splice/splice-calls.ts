// C functions that move bytes between sockets without bringing them into this process.
import koffi from 'koffi';
import { checked, errno, errnos } from '../system/libc.ts';

const library = koffi.load(null);
const declared = (prototype: string): unknown => library.func(prototype);
type Call<Arguments extends unknown[]> = (...args: Arguments) => number;

const c = {
  splice: declared('long splice(int from, void *, int to, void *, size_t length, uint flags)') as Call<
    [number, null, number, null, number, number]
  >,
  pipe2: declared('int pipe2(void *ends, int flags)') as Call<[Int32Array, number]>,
  poll: declared('int poll(void *polled, ulong count, int timeoutMs)') as Call<[Uint8Array, number, number]>,
  shutdown: declared('int shutdown(int fd, int how)') as Call<[number, number]>,
  setsockopt: declared('int setsockopt(int fd, int level, int option, void *value, uint length)') as Call<
    [number, number, number, Uint8Array, number]
  >,
  fcntl: declared('int fcntl(int fd, int command, long value)') as Call<[number, number, number]>,
};

const closeOnExec = 0o2000000;
const nonBlocking = 0o4000;
const SPLICE_F_NONBLOCK = 2;
const F_DUPFD_CLOEXEC = 1030;
const F_SETPIPE_SZ = 1031;
const SHUT_WR = 1;
const socketLevel = 1;
const SO_LINGER = 13;

/** So much goes from one socket to the other at a time. */
export const pipeBytes = 1024 * 1024;

/** A descriptor of our own for what another one is open at. */
export function duplicate(fd: number): number {
  return checked(c.fcntl(fd, F_DUPFD_CLOEXEC, 0), 'fcntl', String(fd));
}

/** Ends of a pipe, to read and to write. A smaller one is as good, only slower. */
export function openPipe(): readonly [from: number, to: number] {
  const ends = new Int32Array(2);
  checked(c.pipe2(ends, closeOnExec | nonBlocking), 'pipe2', '');
  const [from = -1, to = -1] = ends;
  c.fcntl(to, F_SETPIPE_SZ, pipeBytes);
  return [from, to];
}

/** How many bytes went; 0: the other side has said its end; `later`: none can go now, `broken`: never again. */
export function splice(from: number, to: number, length: number): number | 'later' | 'broken' {
  for (;;) {
    const moved = c.splice(from, null, to, null, length, SPLICE_F_NONBLOCK);
    if (moved >= 0) return moved;
    if (errno() === errnos.EAGAIN) return 'later';
    if (errno() !== errnos.EINTR) return 'broken';
  }
}

/** The other side hears the end; it may still say something. */
export function sayEnd(socket: number): void {
  c.shutdown(socket, SHUT_WR);
}

/** The other side hears of a closing as of an end that was not meant. */
export function makeResetOnClose(socket: number): void {
  const lingerOnForNoTime = new Uint8Array(new Int32Array([1, 0]).buffer);
  c.setsockopt(socket, socketLevel, SO_LINGER, lingerOnForNoTime, lingerOnForNoTime.length);
}

/** Of poll(2). */
export const events = { readable: 1, writable: 4, broken: 8 | 16 | 32 } as const;
const polledBytes = 8;

/** Waits until something can be done with one of these descriptors, or the time is over; blocks the thread. Answers what, in the order of the list. */
export function poll(wanted: readonly { readonly fd: number; readonly events: number }[], timeoutMs: number): number[] {
  const polled = Buffer.alloc(wanted.length * polledBytes);
  for (const [at, { fd, events: asked }] of wanted.entries()) {
    polled.writeInt32LE(fd, at * polledBytes);
    polled.writeInt16LE(asked, at * polledBytes + 4);
  }
  if (c.poll(polled, wanted.length, timeoutMs) <= 0) return wanted.map(() => 0);
  return wanted.map((_, at) => polled.readUInt16LE(at * polledBytes + 6));
}
