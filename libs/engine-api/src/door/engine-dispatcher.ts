import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { RequestHead } from '../http1/message-head.ts';
import type { DispatcherOptions } from './admission.ts';
import { Connection } from './connection.ts';
import { answerOverHttp, headOf } from './answer-over-http.ts';

/**
 * An engine door on the port of a Node http or https server. It takes each new connection before Node's parser does and serves requests under its
 * prefix itself, so that hijack without Upgrade, half-close and bodies with an upgrade work as on the unix socket; at the first request for somebody
 * else the connection goes to the web server for good. What such a connection asks of the engine later comes through Node's events: everything works
 * there but a hijack that offers no upgrade (426).
 *
 * Attach it to the server before it listens. Disposing aborts what runs and closes the connections that it still serves.
 */
export class EngineDispatcher implements Disposable {
  readonly #options: DispatcherOptions;
  readonly #connections = new Set<Connection>();
  readonly #release: () => void;

  private constructor(server: HttpServer | HttpsServer, options: DispatcherOptions) {
    this.#options = options;
    const releaseConnections = this.#takeConnections(server);
    const releaseEvents = this.#takeEvents(server);
    this.#release = () => {
      releaseConnections();
      releaseEvents();
    };
  }

  static attach(server: HttpServer | HttpsServer, options: DispatcherOptions): EngineDispatcher {
    return new EngineDispatcher(server, options);
  }

  /** How many connections it serves now. */
  get connections(): number {
    return this.#connections.size;
  }

  [Symbol.dispose](): void {
    this.#release();
    for (const connection of this.#connections) connection.close();
  }

  /** Node's own connection listener is put behind ours; listeners of others, which only count or log, stay. */
  #takeConnections(server: HttpServer | HttpsServer): () => void {
    const event = 'setSecureContext' in server ? 'secureConnection' : 'connection';
    const [serveHttp] = server.listeners(event) as ((this: unknown, socket: Socket) => void)[];
    if (!serveHttp) throw new TypeError('the server has no connection listener of its own');
    const serves = ({ target }: RequestHead): boolean => this.#isOurs(target);
    const take = (socket: Socket): void => {
      const handOver = (): void => serveHttp.call(server, socket);
      void this.#run(new Connection(socket, { ...this.#options, serves, handOver }), (connection) => connection.serve());
    };
    server.off(event, serveHttp).prependListener(event, take);
    return () => void server.off(event, take).prependListener(event, serveHttp);
  }

  /** Whatever order others add their listeners in, they do not hear of our requests. */
  #takeEvents(server: HttpServer | HttpsServer): () => void {
    const emit = server.emit.bind(server) as (event: string | symbol, ...given: unknown[]) => boolean;
    const own: typeof emit = (event, ...given) => this.#handle(event, given) || emit(event, ...given);
    server.emit = own as typeof server.emit;
    return () => void (server.emit = emit as typeof server.emit);
  }

  #handle(event: string | symbol, given: unknown[]): boolean {
    if (event !== 'request' && event !== 'checkContinue' && event !== 'upgrade') return false;
    const request = given[0] as IncomingMessage;
    if (!this.#isOurs(request.url ?? '')) return false;
    if (event !== 'upgrade') {
      void answerOverHttp({ request, response: given[1] as ServerResponse, isAwaited: event === 'checkContinue' }, this.#options);
      return true;
    }
    const [, socket, first] = given as [unknown, Socket, Buffer];
    const connection = new Connection(socket, this.#options);
    connection.reader.unread(first);
    void this.#run(connection, () => connection.serve(headOf(request)));
    return true;
  }

  async #run(connection: Connection, serve: (connection: Connection) => Promise<void>): Promise<void> {
    this.#connections.add(connection);
    await serve(connection);
    this.#connections.delete(connection);
  }

  #isOurs(target: string): boolean {
    return target.startsWith(this.#options.prefix);
  }
}
