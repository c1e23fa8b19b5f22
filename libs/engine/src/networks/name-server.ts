import { createSocket, type RemoteInfo, type Socket as DatagramSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import type { Kernel } from '@gantry/linux';
import { AnswerCache } from './answer-cache.ts';
import { forward, framed, unframed, type Upstream } from './dns-forwarder.ts';
import {
  answerOf,
  type DnsQuery,
  formatResponse,
  nameAnswer,
  parseQuery,
  plainUdpBytes,
  prepareAnswer,
  type PreparedAnswer,
  questionEndOf,
  questionOf,
  recordType,
  responseCode,
  reversedAddress,
  truncated,
  udpLimit,
} from './dns-message.ts';
import { nameServerAddress } from './sandbox-files.ts';

/** What one container may know. */
export interface NameView {
  /** Another number whenever a name or an address has changed. */
  readonly generation: number;
  /** Counts the answers of a type with several records, so that of those that share a name each comes first in turn. */
  readonly nextTurn: (type: number) => number;
  /** The addresses of a name of its networks; undefined: no such name there. */
  addressesOf(name: string): readonly string[] | undefined;
  /** The same on other hosts; undefined: nobody there has the name, or it is not one of its networks. */
  remoteAddressesOf(name: string): Promise<readonly string[] | undefined>;
  /** The name of an address of its networks. */
  nameOf(address: string): string | undefined;
  /** Who is asked for all other names at the moment; none where the container is on internal networks only. */
  readonly upstreams: readonly Upstream[];
}

const port = 53;
const idleMs = 10_000;
const mostPending = 256;

/** The name server inside one container's namespace, at 127.0.0.11: sockets made there, answers made here. */
export class NameServer implements AsyncDisposable {
  readonly #view: NameView;
  readonly #datagrams: DatagramSocket;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  readonly #answers = new AnswerCache();
  #pending = 0;

  private constructor(view: NameView, datagrams: DatagramSocket, server: Server) {
    this.#view = view;
    this.#datagrams = datagrams;
    this.#server = server;
  }

  /** Starts it in a namespace whose loopback is up. Fails with `conflict` where something in there has taken the address. */
  static async open(kernel: Kernel, namespace: string, view: NameView): Promise<NameServer> {
    const request = { namespace, address: nameServerAddress, port };
    const [udp, tcp] = await Promise.all([
      kernel.openSocket({ ...request, protocol: 'udp' }),
      kernel.openSocket({ ...request, protocol: 'tcp', isListening: true }),
    ]);
    const nameServer = new NameServer(view, createSocket({ type: 'udp4', lookup: asItIs }), createServer({ allowHalfOpen: true }));
    nameServer.#start(udp.descriptor, tcp.descriptor);
    return nameServer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = Promise.withResolvers<undefined>();
    this.#server.close(() => closed.resolve(undefined));
    for (const client of this.#clients) client.destroy();
    this.#datagrams.close();
    await closed.promise;
  }

  #start(udp: number, tcp: number): void {
    this.#datagrams.on('error', () => undefined);
    this.#datagrams.on('message', (message, from) => this.#hear(message, from));
    this.#datagrams.bind({ fd: udp });
    this.#datagrams.unref();
    this.#server.on('error', () => undefined);
    this.#server.on('connection', (client) => void this.#serveClient(client));
    this.#server.listen({ fd: tcp });
    this.#server.unref();
  }

  /** A name of the networks is answered at once: thousands of these a second must not keep this thread from its other work. */
  #hear(message: Buffer, from: RemoteInfo): void {
    const questionEnd = questionEndOf(message);
    if (questionEnd === undefined) return;
    const known = this.#knownAnswer(message, questionEnd);
    if (known) {
      const isShort = known.length <= plainUdpBytes || known.length <= udpLimit({ bytes: message, questionEnd });
      this.#reply(isShort ? known : truncated(known, questionEnd), from);
    } else void this.#answerDatagram(message).then((answer) => answer && this.#reply(answer, from));
  }

  #knownAnswer(message: Buffer, questionEnd: number): Buffer | undefined {
    const { generation } = this.#view;
    const question = questionOf(message, questionEnd);
    const known = this.#answers.find(question, generation);
    const prepared = known ?? this.#prepare(message);
    if (!prepared) return undefined;
    if (!known) this.#answers.keep(question, generation, prepared);
    return answerOf(prepared, message, this.#view.nextTurn);
  }

  #prepare(message: Buffer): PreparedAnswer | undefined {
    const query = parseQuery(message);
    const addresses = query && asksForAddress(query) ? this.#view.addressesOf(query.name) : undefined;
    return query && addresses && prepareAnswer(query, addresses);
  }

  /** Without a callback it costs half; a client that hears nothing asks again. */
  #reply(answer: Uint8Array, { address, port: toPort }: RemoteInfo): void {
    try {
      this.#datagrams.send(answer, toPort, address);
    } catch {
      // Closed while the answer was fetched.
    }
  }

  async #answerDatagram(message: Uint8Array): Promise<Uint8Array | undefined> {
    const query = parseQuery(message);
    if (!query) return undefined;
    const answer = await this.#answer(query, 'udp');
    return answer.length > udpLimit(query) ? truncated(answer, query.questionEnd) : answer;
  }

  async #serveClient(client: Socket): Promise<void> {
    this.#clients.add(client);
    client.setTimeout(idleMs, () => client.destroy());
    try {
      for await (const message of unframed(client)) {
        const query = parseQuery(message);
        if (!query) break;
        client.write(framed(await this.#answer(query, 'tcp')));
      }
      client.end();
    } catch {
      client.destroy();
    } finally {
      this.#clients.delete(client);
    }
  }

  async #answer(query: DnsQuery, protocol: 'udp' | 'tcp'): Promise<Buffer> {
    const own = this.#ownAnswer(query) ?? (await this.#remoteAnswer(query));
    if (own) return own;
    const { upstreams } = this.#view;
    if (upstreams.length === 0 || this.#pending >= mostPending) return formatResponse(query, responseCode.serverFailure);
    this.#pending++;
    try {
      return (await forward(query, upstreams, protocol)) ?? formatResponse(query, responseCode.serverFailure);
    } finally {
      this.#pending--;
    }
  }

  #ownAnswer(query: DnsQuery): Buffer | undefined {
    if (query.type === recordType.ptr) {
      const address = reversedAddress(query.name);
      const name = address === undefined ? undefined : this.#view.nameOf(address);
      return name === undefined ? undefined : formatResponse(query, responseCode.ok, [nameAnswer(name)]);
    }
    return this.#addressResponse(query, asksForAddress(query) ? this.#view.addressesOf(query.name) : undefined);
  }

  async #remoteAnswer(query: DnsQuery): Promise<Buffer | undefined> {
    return this.#addressResponse(query, asksForAddress(query) ? await this.#view.remoteAddressesOf(query.name) : undefined);
  }

  #addressResponse(query: DnsQuery, addresses: readonly string[] | undefined): Buffer | undefined {
    return addresses && answerOf(prepareAnswer(query, addresses), query.bytes, this.#view.nextTurn);
  }
}

const asksForAddress = ({ type }: DnsQuery): boolean => type === recordType.a || type === recordType.aaaa;

/** Clients are known by their addresses: there is nothing to look up, and nothing to wait for. */
const asItIs = (address: string, _options: unknown, callback: (error: null, address: string, family: number) => void): void =>
  callback(null, address, 4);
