import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { BoundSocket } from '@gantry/linux';

const idleMs = 90_000; // as docker-proxy
const mostClients = 1024;

/** One client's own socket toward the container: what comes back there is the client's. */
interface Conversation {
  readonly socket: Socket;
  readonly idle: NodeJS.Timeout;
}

/**
 * Holds a published UDP port of the host and carries what reaches its socket to the container. Under the rules only datagrams over IPv6 come here, to a
 * container without such an address or to [::1], and everything while somebody else has flushed the rules.
 */
export class DatagramProxy implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #target: { readonly address: () => string | undefined; readonly port: number };
  readonly #conversations = new Map<string, Conversation>();
  #isClosed = false;

  /** Takes over a bound descriptor. The address is asked for at the first datagram of each client; without one it is dropped. */
  constructor({ descriptor, address }: BoundSocket, target: { readonly address: () => string | undefined; readonly port: number }) {
    this.#target = target;
    this.#socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    this.#socket.on('error', () => undefined);
    this.#socket.on('message', (message, from) => this.#carry(message, from));
    this.#socket.bind({ fd: descriptor });
    this.#socket.unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const client of [...this.#conversations.keys()]) this.#end(client);
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  #carry(message: Buffer, from: { address: string; port: number }): void {
    // From port 0 somebody may send, but nobody can be answered there: Node throws.
    if (from.port === 0) return;
    const client = `${from.address} ${from.port}`;
    const conversation = this.#conversations.get(client) ?? this.#begin(client, from);
    if (!conversation) return;
    conversation.idle.refresh();
    const address = this.#target.address();
    if (address !== undefined) conversation.socket.send(message, this.#target.port, address, () => undefined);
  }

  #begin(client: string, from: { address: string; port: number }): Conversation | undefined {
    const address = this.#target.address();
    if (address === undefined || this.#conversations.size >= mostClients) return undefined;
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const idle = setTimeout(() => this.#end(client), idleMs).unref();
    socket.on('error', () => this.#end(client));
    socket.on('message', (answer, sender) => {
      if (sender.port !== this.#target.port || sender.address !== this.#target.address() || this.#isClosed) return;
      idle.refresh();
      this.#socket.send(answer, from.port, from.address, () => undefined);
    });
    socket.unref();
    const conversation = { socket, idle };
    this.#conversations.set(client, conversation);
    return conversation;
  }

  #end(client: string): void {
    const conversation = this.#conversations.get(client);
    if (!conversation) return;
    this.#conversations.delete(client);
    clearTimeout(conversation.idle);
    conversation.socket.close();
  }
}
