import { createServer, type Server, type Socket } from 'node:net';
import type { Engine } from '../engine.ts';
import type { Admit, DoorLimits } from './admission.ts';
import { Connection } from './connection.ts';
import { listenOnPath } from './unix-socket.ts';

export type DoorOptions = DoorLimits &
  /** A unix socket of our own at `path`, with `mode` (default 0600). */
  (
    | { readonly path: string; readonly mode?: number }
    /** A server that listens already; the door takes its connections (allowHalfOpen must be set) and leaves listening and closing to its owner. */
    | { readonly server: Server }
  ) & { readonly admit?: Admit };

/** An engine behind a listening socket. Disposing stops listening, aborts what runs and closes every connection. */
export interface EngineDoor extends AsyncDisposable {
  /** How many connections are open. */
  readonly connections: number;
}

/** How often a silent peer of a running request is asked for. */
const probeEveryMs = 1000;

/**
 * Serves an engine as dockerd serves its API: HTTP/1.1 framed on the bare socket, since Node's http.Server breaks clients that attach without an
 * Upgrade header, half-close early or send a body with an upgrade. Every request is on behalf of `admit`'s caller, by default a process of this host.
 *
 * Fails with `conflict` where another process listens on the path and with `unavailable` where the path cannot be bound.
 */
export async function serveEngine(engine: Engine, options: DoorOptions): Promise<EngineDoor> {
  const { admit = () => ({ engine, caller: { kind: 'process' } }) } = options;
  const connections = new Set<Connection>();
  const take = (socket: Socket): void => {
    const connection = new Connection(socket, { ...options, admit });
    connections.add(connection);
    void connection.serve().finally(() => connections.delete(connection));
  };
  const server = 'server' in options ? options.server : createServer({ allowHalfOpen: true });
  server.on('connection', take);
  const release = 'path' in options ? await listenOnPath(server, options.path, options.mode ?? 0o600) : undefined;
  const probing = setInterval(() => {
    for (const connection of connections) connection.probe();
  }, probeEveryMs).unref();
  return {
    get connections() {
      return connections.size;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(probing);
      server.off('connection', take);
      await release?.();
      const closed = release ? new Promise<void>((resolve) => server.close(() => resolve())) : undefined;
      for (const connection of connections) connection.close();
      await closed;
    },
  };
}
