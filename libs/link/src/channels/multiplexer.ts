import { Failure } from '@gantry/base';
import {
  channelWindowBytes,
  connectionWindowBytes,
  decodeCredit,
  decodeFrame,
  encodeCredit,
  type Frame,
  frameTypes,
  isData,
} from './frame.ts';
import { Outbox, type OutQueue, usualBatchMs } from './outbox.ts';
import type { Wire } from './wire.ts';

/** One end of a channel as the wire sees it. */
export interface Channel {
  readonly out: OutQueue;
  /** A frame other than credit; throws `invalid` for what the peer may not send now. */
  receive(frame: Frame): void;
  /** The wire is gone. */
  lost(failure: Failure): void;
}

/** How the end of a wire is told what concerns no open channel. */
export interface Peer {
  /** A frame for a channel that is not open here; throws `invalid` where it never was. */
  receiveStray(frame: Frame): void;
  /** Called once; the failure says why. */
  lost(failure: Failure): void;
}

const connectionGrantBytes = connectionWindowBytes / 4;

/** The frames of one wire: sorts what comes by channel, keeps the connection's credit, and ends the wire where the peer breaks the rules. */
export class Multiplexer {
  readonly outbox: Outbox;
  readonly #wire: Wire;
  readonly #peer: Peer;
  readonly #channels = new Map<number, Channel>();
  #isLost = false;
  #arrivedBytes = 0;

  constructor(wire: Wire, peer: Peer, batchMs = usualBatchMs) {
    this.#wire = wire;
    this.#peer = peer;
    this.outbox = new Outbox((frame) => wire.send(frame), { inputType: frameTypes.input, batchMs });
    wire.onFrame((frame) => this.#receive(frame));
    wire.onClose(() => this.#lose(new Failure('unavailable', 'link lost')));
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  get channels(): number {
    return this.#channels.size;
  }

  add(id: number, channel: Channel): void {
    this.#channels.set(id, channel);
  }

  remove(id: number): void {
    this.#channels.delete(id);
  }

  /** Ends the wire and what runs on it. */
  close(why: Failure): void {
    if (this.#isLost) return;
    this.#lose(why);
    this.#wire.close();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isLost) return;
    try {
      const frame = decodeFrame(bytes);
      const { channel: id, type, payload } = frame;
      if (isData(type)) this.#arrived(payload.length);
      if (type === frameTypes.credit && id === 0) return this.outbox.grant(decodeCredit(payload));
      const channel = this.#channels.get(id);
      if (!channel) return this.#peer.receiveStray(frame);
      if (type === frameTypes.credit) channel.out.grant(decodeCredit(payload));
      else channel.receive(frame);
    } catch (thrown) {
      const { message } = Failure.from(thrown);
      this.close(
        new Failure('unavailable', 'link lost', {
          cause: new Failure('invalid', `the peer broke the link's rules: ${message}`, { cause: thrown }),
        }),
      );
    }
  }

  /** The connection's credit is about what is on its way: it is given back on arrival. */
  #arrived(bytes: number): void {
    this.#arrivedBytes += bytes;
    if (this.#arrivedBytes > connectionWindowBytes) throw new Failure('invalid', 'more data than the connection has credit for');
    if (this.#arrivedBytes < connectionGrantBytes) return;
    this.outbox.now(0, frameTypes.credit, encodeCredit(this.#arrivedBytes));
    this.#arrivedBytes = 0;
  }

  #lose(failure: Failure): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.outbox.close();
    for (const channel of [...this.#channels.values()]) {
      channel.out.drop();
      channel.lost(failure);
    }
    this.#channels.clear();
    this.#peer.lost(failure);
  }
}

const grantBytes = channelWindowBytes / 4;

/** What a channel may still receive, and what its reader has made room for. */
export class ReceiveWindow {
  readonly #grant: (bytes: number) => void;
  #leftBytes = channelWindowBytes;
  #takenBytes = 0;

  constructor(grant: (bytes: number) => void) {
    this.#grant = grant;
  }

  /** Throws `invalid` where the peer has overrun its credit. */
  received(bytes: number): void {
    if (bytes === 0) throw new Failure('invalid', 'a data frame without data');
    this.#leftBytes -= bytes;
    if (this.#leftBytes < 0) throw new Failure('invalid', 'more data than the channel has credit for');
  }

  taken(bytes: number): void {
    this.#takenBytes += bytes;
    if (this.#takenBytes < grantBytes) return;
    this.#leftBytes += this.#takenBytes;
    this.#grant(this.#takenBytes);
    this.#takenBytes = 0;
  }
}
