import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { io } from 'socket.io-client';
import { socketWire, type Wire } from '../channels/wire.ts';

/** Two ends of a real socket.io connection on loopback. */
export interface WirePair extends AsyncDisposable {
  readonly asking: Wire;
  readonly answering: Wire;
  /** Cuts the connection as a broken network does. */
  cut(): void;
}

export async function wirePair(): Promise<WirePair> {
  const http = createServer();
  const server = new Server(http, { transports: ['websocket'], maxHttpBufferSize: 262_144, serveClient: false });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const connected = once(server, 'connection') as Promise<[Socket]>;
  const client = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], reconnection: false, forceNew: true });
  const [socket] = await connected;
  if (!client.connected) await new Promise<void>((resolve) => client.once('connect', resolve));
  return {
    asking: socketWire(socket),
    answering: socketWire(client),
    cut: () => client.io.engine.close(),
    async [Symbol.asyncDispose]() {
      client.disconnect();
      await server.close();
    },
  };
}
