// C functions that move bytes between sockets without bringing them into this process, and what it takes to wait for such sockets.
import { closeSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import koffi from 'koffi';
import { addressFamilies, socketAddress } from '../namespaces/socket-address.ts';
import { checked, errno, errnos, libc } from '../system/libc.ts';

const library = koffi.load(null);
const declared = (prototype: string): unknown => library.func(prototype);
type Call<Arguments extends unknown[]> = (...args: Arguments) => number;

const c = {
  splice: declared('long splice(int from, void *, int to, void *, size_t length, uint flags)') as Call<
    [number, null, number, null, number, number]
  >,
  pipe2: declared('int pipe2(void *ends, int flags)') as Call<[Int32Array, number]>,
  shutdown: declared('int shutdown(int fd, int how)') as Call<[number, number]>,
  fcntl: declared('int fcntl(int fd, int command, long value)') as Call<[number, number, number]>,
  getsockopt: declared('int getsockopt(int fd, int level, int option, void *value, void *length)') as Call<
    [number, number, number, Int32Array, Int32Array]
  >,
  write: declared('long write(int fd, void *bytes, size_t length)') as Call<[number, Uint8Array, number]>,
  epollCreate: declared('int epoll_create1(int flags)') as Call<[number]>,
  epollControl: declared('int epoll_ctl(int epoll, int operation, int fd, void *event)') as Call<
    [number, number, number, Uint8Array | null]
  >,
  epollWait: declared('int epoll_wait(int epoll, void *events, int most, int timeoutMs)') as Call<[number, Uint8Array, number, number]>,
};

const closeOnExec = 0o2000000;
const nonBlocking = 0o4000;
const SPLICE_F_NONBLOCK = 2;
const F_DUPFD_CLOEXEC = 1030;
const F_SETPIPE_SZ = 1031;
const SHUT_WR = 1;
const SOCK_STREAM = 1;
const socketLevel = 1;
const SO_ERROR = 4;
const SO_KEEPALIVE = 9;
const SO_OOBINLINE = 10;
const SO_LINGER = 13;
const tcpLevel = 6;
const TCP_NODELAY = 1;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const keepAliveSeconds = 15; // as docker-proxy
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;

/** So much goes from one socket to the other at a time. */
export const pipeBytes = 1024 * 1024;

/** A descriptor of our own for what another one is open at. */
export function duplicate(fd: number): number {
  return checked(c.fcntl(fd, F_DUPFD_CLOEXEC, 0), 'fcntl', String(fd));
}

/** Ends of a pipe, to read and to write. A smaller one, where no large one is to be had, is as good and only slower. */
export function openPipe(): readonly [from: number, to: number] {
  const ends = new Int32Array(2);
  checked(c.pipe2(ends, closeOnExec | nonBlocking), 'pipe2', '');
  const [from = -1, to = -1] = ends;
  c.fcntl(to, F_SETPIPE_SZ, pipeBytes);
  return [from, to];
}

/**
 * What became of an attempt: how many bytes went, with 0 for the end of what comes; `later`: nothing can go now; `unwanted`: the other side, which has said its end, takes
 * nothing any more; `broken`: the connection is no more.
 */
export type Moved = number | 'later' | 'unwanted' | 'broken';

function moved(attempt: () => number): Moved {
  for (;;) {
    const bytes = attempt();
    if (bytes >= 0) return bytes;
    const code = errno();
    if (code === errnos.EAGAIN) return 'later';
    if (code === errnos.EPIPE) return 'unwanted';
    if (code !== errnos.EINTR) return 'broken';
  }
}

/** One of them is a pipe. */
export function splice(from: number, to: number, length: number): Moved {
  return moved(() => c.splice(from, null, to, null, length, SPLICE_F_NONBLOCK));
}

/** TCP itself writes nothing there (tcp(7), MSG_TRUNC). */
const dropped = Buffer.alloc(64 * 1024);
/** A page: the smallest pipe takes it whole when it is empty. */
const copied = Buffer.alloc(4096);

/**
 * By way of this process, a little at a time, into an empty pipe: splice(2) never comes past a byte that was sent as urgent, recv(2) does. The byte goes on as one
 * of the others.
 */
export function copyToPipe(socket: number, pipe: number): Moved {
  const taken = moved(() => libc.recv(socket, copied, copied.length, MSG_DONTWAIT));
  if (typeof taken === 'string' || taken === 0) return taken;
  return c.write(pipe, copied, taken) === taken ? taken : 'broken';
}

/** Takes some of what a socket brings and drops it. */
export function discard(socket: number): Moved {
  return moved(() => libc.recv(socket, dropped, dropped.length, MSG_DONTWAIT | MSG_TRUNC));
}

/** The other side hears the end; it may still say something. */
export function sayEnd(socket: number): void {
  setOption(socket, [socketLevel, SO_LINGER], new Int32Array([0, 0]));
  c.shutdown(socket, SHUT_WR);
}

/** The other side hears of a closing, by whom and why ever, as of an end that nobody meant, until it was told the end (`sayEnd`). */
export function makeResetOnClose(socket: number): void {
  setOption(socket, [socketLevel, SO_LINGER], new Int32Array([1, 0]));
}

/** Whether the connection was ended by an error while the other side had not said its end. */
export function hasBroken(socket: number): boolean {
  const value = new Int32Array(1);
  const length = new Int32Array([value.byteLength]);
  if (c.getsockopt(socket, socketLevel, SO_ERROR, value, length) !== 0) return true;
  return value[0] !== 0 && value[0] !== errnos.EPIPE;
}

/**
 * Its closing is a reset (`makeResetOnClose`), what is said in small pieces goes at once, a peer that is gone without a word is noticed, and what is urgent stays in its
 * place.
 */
export function prepareSocket(socket: number): void {
  makeResetOnClose(socket);
  const on = new Int32Array([1]);
  setOption(socket, [tcpLevel, TCP_NODELAY], on);
  setOption(socket, [socketLevel, SO_OOBINLINE], on);
  setOption(socket, [socketLevel, SO_KEEPALIVE], on);
  setOption(socket, [tcpLevel, TCP_KEEPIDLE], new Int32Array([keepAliveSeconds]));
  setOption(socket, [tcpLevel, TCP_KEEPINTVL], new Int32Array([keepAliveSeconds]));
}

/** What the kernel refuses is done without. */
function setOption(socket: number, [level, name]: readonly [number, number], value: Int32Array): void {
  libc.setsockopt(socket, level, name, new Uint8Array(value.buffer), value.byteLength);
}

export interface ConnectionTarget {
  readonly address: string;
  readonly port: number;
}

/** A TCP socket that connects or will (see `connectionState`). Fails where there are no descriptors left. */
export function openStream({ address }: ConnectionTarget): number {
  const kind = SOCK_STREAM | closeOnExec | nonBlocking;
  return checked(libc.socket(isIPv6(address) ? addressFamilies.ipv6 : addressFamilies.ipv4, kind, 0), 'socket', address);
}

/** Begins to connect, and asked again tells how it goes. */
export function connectionState(socket: number, { address, port }: ConnectionTarget): 'connecting' | 'connected' | 'broken' {
  const name = socketAddress(address, port);
  if (libc.connect(socket, name, name.length) === 0) return 'connected';
  const code = errno();
  if (code === errnos.EISCONN) return 'connected';
  return [errnos.EINPROGRESS, errnos.EALREADY, errnos.EINTR].includes(code) ? 'connecting' : 'broken';
}

/** Of epoll(7). */
export const events = { readable: 1, urgent: 2, writable: 4, broken: 8, peerEnded: 0x2000, edges: 2 ** 31 } as const;
const control = { add: 1, remove: 2 };
/** `struct epoll_event` is packed on x86-64 only. */
const dataAt = process.arch === 'x64' ? 4 : 8;
const eventBytes = dataAt + 8;
const mostEvents = 64;

export interface Happened {
  readonly fd: number;
  readonly isUrgent: boolean;
  readonly isBroken: boolean;
}

/** Waits for many descriptors. */
export class Epoll implements Disposable {
  readonly #fd = checked(c.epollCreate(closeOnExec), 'epoll_create1', '');
  readonly #events = Buffer.alloc(mostEvents * eventBytes);

  /** Tells of it until it is removed. Fails where the kernel has no memory for it. */
  add(fd: number, wanted: number): void {
    const event = Buffer.alloc(eventBytes);
    event.writeUInt32LE(wanted, 0);
    event.writeInt32LE(fd, dataAt);
    checked(c.epollControl(this.#fd, control.add, fd, event), 'epoll_ctl', String(fd));
  }

  remove(fd: number): void {
    c.epollControl(this.#fd, control.remove, fd, Buffer.alloc(eventBytes));
  }

  /** Blocks the thread until something happens or the time is over. */
  wait(timeoutMs: number): Happened[] {
    const count = c.epollWait(this.#fd, this.#events, mostEvents, timeoutMs);
    return Array.from({ length: Math.max(count, 0) }, (_, at) => {
      const flags = this.#events.readUInt32LE(at * eventBytes);
      const fd = this.#events.readInt32LE(at * eventBytes + dataAt);
      return { fd, isUrgent: (flags & events.urgent) !== 0, isBroken: (flags & events.broken) !== 0 };
    });
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
