import { largestMessageBytes } from '@gantry/link';
import { IoAdapter } from '@nestjs/platform-socket.io';

const handshakeLimitMs = 10_000;

/**
 * The one place where sockets are set up: websocket only (no request of another site can open one without an Origin), bounded messages, no
 * compression (a packet of a few bytes must not become megabytes), and upgrades of others (the engine door) are left alone.
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
    // The namespace that everybody gets who asks for none: it offers nothing, and lets nobody stay.
    server.use((_socket, next) => next(new Error('nothing is served here')));
    return server;
  }
}
