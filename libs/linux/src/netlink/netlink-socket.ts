import { closeSync } from 'node:fs';
import { Failure } from '@gantry/base';
import { checked, errno, errnos, libc } from '../system/libc.ts';
import { systemFailure } from '../system/system-failure.ts';
import { decodeMessages, encodeMessage, messageFlag, messageType, type NetlinkMessage } from './messages.ts';

const family = 16;
const raw = 3;
const closeOnExec = 0o2000000;
const protocols = { route: 0, netfilter: 12 } as const;
/** A dump comes in datagrams of at most 32 KiB. */
const datagramBytes = 65_536;

export interface NetlinkRequest {
  readonly type: number;
  readonly flags?: number;
  readonly payload: Buffer;
  /** What the request is about, for the error. */
  readonly about: string;
}

/** A socket of netlink in the namespace that the thread was in when it was opened. Calls block until the kernel has answered. */
export class NetlinkSocket implements Disposable {
  readonly #descriptor: number;
  readonly #buffer = Buffer.alloc(datagramBytes);
  #sequence = 0;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  static open(protocol: keyof typeof protocols = 'route'): NetlinkSocket {
    return new NetlinkSocket(checked(libc.socket(family, raw | closeOnExec, protocols[protocol]), 'socket', 'netlink'));
  }

  /** Changes something; fails with the kernel's errno. */
  change(request: NetlinkRequest): void {
    const sequence = this.#send(request, messageFlag.ack);
    for (;;) {
      for (const message of this.#receive()) {
        if (message.sequence !== sequence || message.type !== messageType.error) continue;
        const failed = -message.payload.readInt32LE(0);
        if (failed !== 0) throw systemFailure('netlink', request.about, failed);
        return;
      }
    }
  }

  /** The one object that is asked for; undefined: there is none. */
  get(request: NetlinkRequest): NetlinkMessage | undefined {
    const sequence = this.#send(request, 0);
    for (;;) {
      const answer = this.#receive().find((message) => message.sequence === sequence);
      if (answer?.type !== messageType.error) {
        if (answer) return answer;
        continue;
      }
      const failed = -answer.payload.readInt32LE(0);
      if (failed === errnos.ENODEV) return undefined;
      throw systemFailure('netlink', request.about, failed);
    }
  }

  /** All messages of a dump. */
  dump(request: NetlinkRequest): NetlinkMessage[] {
    const sequence = this.#send(request, messageFlag.dump);
    const found: NetlinkMessage[] = [];
    for (;;) {
      for (const message of this.#receive()) {
        if (message.sequence !== sequence) continue;
        if (message.type === messageType.done) return found;
        if (message.type === messageType.error) throw systemFailure('netlink', request.about, -message.payload.readInt32LE(0));
        found.push(message);
      }
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }

  #send({ type, flags = 0, payload, about }: NetlinkRequest, more: number): number {
    const sequence = ++this.#sequence;
    const bytes = encodeMessage({ type, flags: flags | messageFlag.request | more, sequence, payload });
    checked(libc.send(this.#descriptor, bytes, bytes.length, 0), 'send netlink', about);
    return sequence;
  }

  #receive(): NetlinkMessage[] {
    for (;;) {
      const size = libc.recv(this.#descriptor, this.#buffer, this.#buffer.length, 0);
      if (size < 0 && errno() === errnos.EINTR) continue;
      if (checked(size, 'receive', 'netlink') === 0) throw new Failure('internal', 'netlink closed its socket');
      return decodeMessages(Buffer.from(this.#buffer.subarray(0, size)));
    }
  }
}
