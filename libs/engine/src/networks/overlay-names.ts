import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Kernel } from '@gantry/linux';
import { addressAnswer, answeredAddresses, formatQuery, formatResponse, parseQuery, recordType, responseCode } from './dns-message.ts';
import type { Overlay } from './network-drivers.ts';

/** A peer that is down costs a name that nobody knows that much. */
const patienceMs = 500;
const mostPending = 256;

interface Pending {
  readonly told: (addresses: readonly string[] | undefined) => void;
  readonly silent: Set<string>;
}

/**
 * The names of one overlay network across hosts: asks the engines of its peers, and answers them from what runs here. Messages are those of DNS over UDP,
 * at the port after the tunnel's; only peers are heard, as only peers send frames.
 */
export class OverlayNames implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #peers: readonly string[];
  readonly #port: number;
  readonly #ownAddresses: (name: string) => readonly string[] | undefined;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  private constructor(socket: Socket, { peers, port }: Overlay, ownAddresses: (name: string) => readonly string[] | undefined) {
    this.#socket = socket;
    this.#peers = peers;
    this.#port = port + 1;
    this.#ownAddresses = ownAddresses;
  }

  /** Fails with `conflict` where another program of this host has the port. */
  static async open(
    kernel: Kernel,
    overlay: Overlay,
    ownAddresses: (name: string) => readonly string[] | undefined,
  ): Promise<OverlayNames> {
    const { descriptor } = await kernel.openSocket({ protocol: 'udp', address: overlay.local, port: overlay.port + 1 });
    const socket = createSocket(isIPv6(overlay.local) ? 'udp6' : 'udp4');
    const names = new OverlayNames(socket, overlay, ownAddresses);
    socket.on('error', () => undefined);
    socket.on('message', (message, { address }) => names.#hear(message, address));
    socket.bind({ fd: descriptor });
    socket.unref();
    return names;
  }

  /** The addresses of a container on another host; undefined: no peer that answers knows it. */
  async find(name: string): Promise<readonly string[] | undefined> {
    if (this.#pending.size >= mostPending) return undefined;
    const id = (this.#lastId = (this.#lastId + 1) & 0xffff);
    const found = Promise.withResolvers<readonly string[] | undefined>();
    const timer = setTimeout(() => found.resolve(undefined), patienceMs);
    this.#pending.set(id, { told: found.resolve, silent: new Set(this.#peers) });
    const query = formatQuery(id, name);
    for (const peer of this.#peers) this.#send(query, peer);
    try {
      return await found.promise;
    } finally {
      clearTimeout(timer);
      this.#pending.delete(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { told } of this.#pending.values()) told(undefined);
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  #hear(message: Buffer, peer: string): void {
    if (!this.#peers.includes(peer)) return;
    const query = parseQuery(message);
    if (query) {
      const own = this.#ownAddresses(query.name);
      const answers = (own ?? []).map(addressAnswer).filter(({ type }) => query.type === recordType.any || type === query.type);
      this.#send(formatResponse(query, own ? responseCode.ok : responseCode.noSuchName, answers), peer);
      return;
    }
    const pending = message.length < 12 ? undefined : this.#pending.get(message.readUInt16BE(0));
    if (!pending) return;
    const addresses = answeredAddresses(message);
    pending.silent.delete(peer);
    if (addresses.length > 0) pending.told(addresses);
    else if (pending.silent.size === 0) pending.told(undefined);
  }

  #send(message: Uint8Array, peer: string): void {
    this.#socket.send(message, this.#port, peer, () => undefined);
  }
}
