import { Failure } from '@gantry/base';
import { BrowserGreeting, browserNamespace, browserSocket, contractVersion, WatchMessage } from '@gantry/contract';
import { serveEngineOver, socketWire } from '@gantry/link';
import { type OnGatewayConnection, type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { Namespace, Socket } from 'socket.io';
import { GuardedEngines, type Visitor } from '../door/guarded-engines.ts';
import { liveLogs } from '../door/live-log.ts';
import { BrowserDoor } from './browser-door.ts';
import { MessageBudget } from './message-budget.ts';
import { Publisher } from './publisher.ts';
import { audienceOf } from './audience.ts';
import type { Viewer } from './viewer.ts';

const mostChannels = 64;
const batchMs = 40;
const heardEvents: readonly string[] = [browserSocket.watch.event, browserSocket.frame.event];

/** The socket of open pages: signed in by the cookie at its exact origin, or it is none. What it carries for engines goes through the same guard as HTTP. */
@WebSocketGateway({ namespace: browserNamespace })
export class BrowsersGateway implements OnGatewayInit<Namespace>, OnGatewayConnection<Socket> {
  readonly #visitors = new WeakMap<Socket, Visitor>();

  constructor(
    private readonly door: BrowserDoor,
    private readonly engines: GuardedEngines,
    private readonly publisher: Publisher,
  ) {}

  afterInit(namespace: Namespace): void {
    namespace.use((socket, next) => {
      this.#admit(socket).then(
        () => next(),
        (thrown: unknown) => next(Object.assign(new Error(Failure.from(thrown).message), { data: { code: Failure.from(thrown).code } })),
      );
    });
    this.publisher.start((room, event, payload) => namespace.to(room).emit(event, payload));
  }

  handleConnection(socket: Socket): void {
    const visitor = this.#visitors.get(socket);
    if (!visitor) {
      socket.disconnect(true);
      return;
    }
    const viewer = this.#open(socket, visitor);
    if (!viewer) return;
    this.#tellOutdated(socket);
    const { principal, ended } = visitor;
    const end = (): void => {
      socket.emit(browserSocket.ended.event, { reason: ended.reason as string });
      socket.disconnect(true);
    };
    ended.addEventListener('abort', end, { once: true });
    socket.on('error', () => socket.disconnect(true));
    socket.on('disconnect', () => {
      ended.removeEventListener('abort', end);
      this.door.viewers.remove(viewer);
    });
    this.#hear(socket, viewer);
    const caller = { kind: 'person', id: principal.userId, name: principal.name, requestId: '' } as const;
    serveEngineOver(socketWire(socket), liveLogs(this.engines.of(visitor)), { caller, largestChannels: mostChannels, batchMs });
    if (ended.aborted) end();
  }

  async #admit(socket: Socket): Promise<void> {
    const { request } = socket;
    const approach = { method: 'GET', headers: { ...request.headers, upgrade: 'websocket' }, socket: request.socket };
    this.#visitors.set(socket, await this.door.admit(approach));
  }

  /** A page of another build is told so, and is not refused: terminals that it has open, and what somebody fills in there, are theirs to give up. */
  #tellOutdated(socket: Socket): void {
    const { contract } = BrowserGreeting.safeParse(socket.handshake.auth).data ?? {};
    if (contract === undefined || contract === contractVersion()) return;
    socket.emit(browserSocket.outdated.event, { contract: contractVersion() });
  }

  #open(socket: Socket, { principal }: Visitor): Viewer | undefined {
    const { sessionId, userId, rights } = principal;
    const watch = { keys: new Set<number>(), hosts: new Set<string>() };
    const send = (event: string, payload: unknown): void => void socket.emit(event, payload);
    const viewer: Viewer = {
      ...{ sessionId, userId, rights, watch, send, audience: audienceOf(rights) },
      isReady: () => socket.conn.transport.writable,
      move: (from, to) => {
        void socket.join(to.room);
        void socket.leave(from.room);
      },
    };
    if (!this.door.viewers.add(viewer)) {
      socket.emit(browserSocket.ended.event, { reason: 'too-many' });
      socket.disconnect(true);
      return undefined;
    }
    void socket.join(viewer.audience.room);
    return viewer;
  }

  /** Anything but the events of the table ends the socket, and so do too many of them. */
  #hear(socket: Socket, viewer: Viewer): void {
    const budget = new MessageBudget();
    socket.onAny((event: string, message: unknown) => {
      this.door.touch(viewer.sessionId);
      if (event === browserSocket.frame.event) return;
      const watch = heardEvents.includes(event) ? WatchMessage.safeParse(message) : undefined;
      if (!budget.spend() || !watch?.success) {
        socket.disconnect(true);
        return;
      }
      viewer.watch.keys = new Set(watch.data.keys);
      viewer.watch.hosts = new Set(watch.data.hosts);
    });
  }
}
