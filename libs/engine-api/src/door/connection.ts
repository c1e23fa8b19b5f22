import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Failure } from '@gantry/base';
import { parseRequestHead, type RequestHead } from '../http1/message-head.ts';
import { readHead } from '../http1/read-head.ts';
import { refused } from '../http1/refused.ts';
import { SocketReader } from '../http1/socket-reader.ts';
import { SocketWriter } from '../http1/socket-writer.ts';
import type { Admit, DoorLimits } from './admission.ts';
import type { ClientConnection } from './exchange.ts';
import { answerRefusal, serveExchange } from './serve-exchange.ts';

const defaultHeadTimeoutMs = 30_000;
/** How long and how much a client may still send after an answer that did not wait for all it sent. */
const lingerMs = 2000;
const keepAliveMs = 10_000;

export interface ConnectionOptions extends DoorLimits {
  readonly admit: Admit;
  /** Whether the door serves this head. Where not, `handOver` gets the socket with the head's bytes still to be read. */
  readonly serves?: (head: RequestHead) => boolean;
  readonly handOver?: (socket: Socket) => void;
}

/** One client's connection: its requests are answered one after the other, until either side closes or a hijack takes it over. */
export class Connection implements ClientConnection {
  readonly socket: Socket;
  readonly reader: SocketReader;
  readonly writer: SocketWriter;
  readonly options: ConnectionOptions;
  readonly #isUnix: boolean;
  readonly #wasHalfOpen: boolean;
  #cutExchange: ((failure: Failure) => void) | undefined;
  #isHandedOver = false;
  #hasSaidSomething = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.socket = socket;
    this.options = options;
    this.#isUnix = socket.remoteAddress === undefined;
    this.reader = new SocketReader(socket, () => this.probe());
    this.writer = new SocketWriter(socket);
    this.#wasHalfOpen = socket.allowHalfOpen;
    socket.allowHalfOpen = true;
    // Probes are the only way to learn that a silent TCP peer is gone for good.
    if (!this.#isUnix) socket.setKeepAlive(true, keepAliveMs);
    socket.on('error', ignore).on('close', this.#closed);
  }

  /** Serves until the connection is over; `first` is a head that was read already. Never rejects. */
  async serve(first?: RequestHead): Promise<void> {
    try {
      let goesOn = first === undefined || (await serveExchange(this, first));
      while (goesOn) goesOn = await this.#serveNext();
      if (!this.#isHandedOver) await this.linger();
    } catch {
      this.cut();
    }
  }

  /**
   * Finds out whether the peer of a unix socket, silent or half-closed, is gone altogether: the kernel then refuses even a write of nothing.
   * (A half-close alone looks the same to a reader, and must not end the answer.)
   */
  probe(): void {
    if (this.#cutExchange && this.#isUnix && this.socket.writable && this.socket.writableLength === 0) this.socket.write(nothing);
  }

  get onCut(): ((failure: Failure) => void) | undefined {
    return this.#cutExchange;
  }

  /** What runs now is told when the peer goes away; undefined: nothing runs. */
  set onCut(cut: ((failure: Failure) => void) | undefined) {
    this.#cutExchange = cut;
    if (cut && this.socket.destroyed) cut(goneFailure());
    // The end may have been seen while the exchange before this one ran.
    else if (cut && this.reader.hasEnded) this.probe();
  }

  /** Ends the connection at once, so that no client can take what it has for whole. */
  cut(): void {
    // Only a plain TCP socket can say more than "closed".
    if (this.#isUnix || this.socket instanceof TLSSocket) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  /** The door closes: what waits ends now, what runs is aborted and cut. */
  close(): void {
    this.#cutExchange?.(new Failure('cancelled', 'the door is closing'));
    this.socket.destroy();
  }

  /** Says the end and gives the client a moment to say its own: closing with unread bytes would take the answer back. */
  async linger(): Promise<void> {
    this.writer.end();
    const timer = setTimeout(() => this.socket.destroy(), lingerMs);
    try {
      while (await this.reader.read());
      await flushed(this.socket);
    } finally {
      clearTimeout(timer);
      this.socket.destroy();
    }
  }

  async #serveNext(): Promise<boolean> {
    let head: RequestHead;
    try {
      const text = await this.#nextHead();
      if (text === undefined) return false;
      head = parseRequestHead(text);
      if (this.options.handOver && this.options.serves?.(head) === false) {
        this.#handOver(text, this.options.handOver);
        return false;
      }
    } catch (thrown) {
      await answerRefusal(this, thrown);
      return false;
    }
    return serveExchange(this, head);
  }

  #handOver(text: string, handOver: (socket: Socket) => void): void {
    if (this.reader.hasEnded) throw refused(400, 'the client has ended its connection already');
    this.#isHandedOver = true;
    this.reader.unread(Buffer.from(`${text}\r\n\r\n`, 'latin1'));
    const unread = this.reader.release();
    this.writer.release();
    this.socket.off('error', ignore).off('close', this.#closed);
    this.socket.allowHalfOpen = this.#wasHalfOpen;
    this.socket.unshift(unread);
    handOver(this.socket);
    this.socket.resume();
  }

  async #nextHead(): Promise<string | undefined> {
    const { headTimeoutMs = defaultHeadTimeoutMs, idleTimeoutMs = 0, firstHeadTimeoutMs = idleTimeoutMs } = this.options;
    const late = Promise.withResolvers<never>();
    const quietMs = this.#hasSaidSomething ? idleTimeoutMs : firstHeadTimeoutMs;
    let timer = quietMs > 0 && !this.reader.hasUnread ? setTimeout(() => this.socket.destroy(), quietMs) : undefined;
    let hasPart = false;
    const onPart = () => {
      if (hasPart) return;
      hasPart = true;
      clearTimeout(timer);
      timer = setTimeout(() => late.reject(refused(408, `the head did not come within ${headTimeoutMs} ms`)), headTimeoutMs);
    };
    try {
      return await Promise.race([readHead(this.reader, onPart), late.promise]);
    } finally {
      this.#hasSaidSomething = true;
      clearTimeout(timer);
    }
  }

  readonly #closed = (): void => this.#cutExchange?.(goneFailure());
}

const nothing = new Uint8Array();
const ignore = (): void => undefined;

function goneFailure(): Failure {
  return new Failure('cancelled', 'the client went away');
}

function flushed(socket: Socket): Promise<void> {
  if (socket.writableFinished || socket.destroyed) return Promise.resolve();
  return new Promise((resolve) => socket.once('finish', resolve).once('close', () => resolve()));
}
