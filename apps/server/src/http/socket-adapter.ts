import type { Server as HttpServer } from 'node:http';
import { largestMessageBytes } from '@gantry/link';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { refuseForeignUpgrade } from './foreign-upgrade.ts';

const handshakeLimitMs = 10_000;

/**
 * The one place where sockets are set up: websocket only (no request of another site can open one without an Origin), bounded messages, no
 * compression (a packet of a few bytes must not become megabytes). Upgrades elsewhere are refused; the engine door takes its own before that.
 */
export class SocketAdapter extends IoAdapter {
  override createIOServer(port: number, options?: Parameters<IoAdapter['createIOServer']>[1]): ReturnType<IoAdapter['createIOServer']> {
    const server = super.createIOServer(port, {
      ...(options as Required<NonNullable<typeof options>>),
      transports: ['websocket'],
      maxHttpBufferSize: largestMessageBytes,
      perMessageDeflate: false,
      httpCompression: false,
      destroyUpgrade: false,
      serveClient: false,
      allowEIO3: false,
      connectTimeout: handshakeLimitMs,
      upgradeTimeout: handshakeLimitMs,
      pingInterval: 10_000,
      pingTimeout: 15_000,
    });
    (server.httpServer as HttpServer).on('upgrade', refuseForeignUpgrade);
    // The namespace that everybody gets who asks for none: it offers nothing, and lets nobody stay.
    server.use((_socket, next) => next(new Error('nothing is served here')));
    return server;
  }
}
