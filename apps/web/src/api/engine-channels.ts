import { Failure } from '@gantry/base';
import { type Engine, type EngineClient, engineClient } from '@gantry/engine-api/client';
import { remoteEngine, socketWire } from '@gantry/link/browser';
import { engineVersion } from './engine.ts';
import { pageSocket } from './page-socket.ts';

let carried: { readonly connection: string; readonly engine: Engine } | undefined;

/** The engine of a host over the page's socket: for what streams (logs, terminals) and is held back by its reader. */
export function streamingEngineOn(host: string): EngineClient {
  return engineClient(overSocket, { version: engineVersion, prefix: `/engine/${encodeURIComponent(host)}` });
}

/** Channels live as long as one connection; the next one gets new ones. */
const overSocket: Engine = (request) => {
  const socket = pageSocket.get();
  if (!socket?.id) return Promise.reject(new Failure('unavailable', 'the server cannot be reached'));
  if (carried?.connection !== socket.id) {
    // The listener of the connection before would take this one's frames for its own.
    socket.off('f');
    carried = { connection: socket.id, engine: remoteEngine(socketWire(socket)) };
  }
  return carried.engine(request);
};
