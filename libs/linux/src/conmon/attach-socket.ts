import { closeSync, constants, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { constants as osConstants } from 'node:os';
import { dirname } from 'node:path';
import { Failure } from '@gantry/base';
import koffi from 'koffi';
import { socketOver } from './socket-over.ts';

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000;
const largestInputPacket = 16_384;

const libc = koffi.load(null);
const openSocket = libc.func('int socket(int domain, int type, int protocol)');
const connectSocket = libc.func('int connect(int fd, const uint8_t *address, uint32_t length)');

export interface AttachOutput {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

/**
 * A client of conmon's attach socket (SOCK_SEQPACKET, of which Node knows nothing: the descriptor is made by koffi and handed to libuv's
 * pipe). Each packet that comes in is one byte (2 stdout, 3 stderr) and data. conmon stalls its container
 * as soon as a client stops reading, so whoever opens one must keep reading.
 */
export class AttachSocket {
  readonly #socket: Socket;
  /** Resolves when conmon has closed the socket: all output was delivered. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        resolve();
      });
    });
    socket.on('error', () => undefined);
  }

  /** Connects to the socket at this path; fails with `not-found` where no monitor listens. */
  static connect(path: string): AttachSocket {
    return new AttachSocket(socketOver(connectSeqpacket(path)));
  }

  /** Begins delivery. Packet borders hold because the socket stays in flowing mode (a paused one joins what it buffered). */
  listen(deliver: (output: AttachOutput) => void): void {
    this.#socket.on('data', (packet: Buffer) => {
      if (packet.length < 2) return;
      deliver({ stream: packet[0] === 3 ? 'stderr' : 'stdout', bytes: packet.subarray(1) });
    });
    this.#socket.once('end', () => this.#socket.destroy());
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Writes to the process' standard input, in packets that conmon takes whole. Resolves when the kernel has them. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += largestInputPacket) await this.#writePacket(bytes.subarray(at, at + largestInputPacket));
  }

  /** The process reads end of file; output goes on. */
  endInput(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }

  #writePacket(packet: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(packet, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }
}

/** A socket address holds 107 bytes; by way of the directory's descriptor any path fits. */
function connectSeqpacket(path: string): number {
  const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const name = Buffer.from(`/proc/self/fd/${directory}/${path.slice(dirname(path).length + 1)}\0`);
    const address = Buffer.concat([Buffer.from(new Uint16Array([AF_UNIX]).buffer), name]);
    const descriptor = openSocket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0) as number;
    if (connectSocket(descriptor, address, address.length) === 0) return descriptor;
    const errno = koffi.errno();
    closeSync(descriptor);
    const isGone = errno === osConstants.errno.ENOENT || errno === osConstants.errno.ECONNREFUSED;
    throw new Failure(isGone ? 'not-found' : 'unavailable', `cannot connect to the monitor at ${path}: errno ${errno}`);
  } finally {
    closeSync(directory);
  }
}
