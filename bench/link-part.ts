// One process of link.bench.ts: `agent URL BYTES` makes numbered lines, `server` carries them to whoever asks it over HTTP.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Engine, EngineDispatcher, json, stream } from '@gantry/engine-api';
import { remoteEngine, serveEngineOver } from '@gantry/link';
import { socketWire } from '@gantry/link/browser';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';

const [role, url = '', bytes = '0'] = process.argv.slice(2);

async function* lines(sizeBytes: number): AsyncGenerator<Uint8Array> {
  let line = 0;
  for (let sent = 0; sent < sizeBytes;) {
    const chunk: string[] = [];
    for (let count = 0; count < 630; count++)
      chunk.push(`${String(line++).padStart(12, '0')} ${'the quick brown fox jumps over the lazy dog, and then again'.padEnd(90)}\n`);
    const encoded = Buffer.from(chunk.join('').slice(0, 65_520));
    sent += encoded.length;
    yield await Promise.resolve(encoded);
  }
}

async function serve(): Promise<void> {
  const http = createServer();
  const sockets = new Server(http, { transports: ['websocket'], maxHttpBufferSize: 262_144, serveClient: false });
  let engine: Engine = () => Promise.resolve(json(503, { message: 'no agent' }));
  sockets.on('connection', (socket) => {
    engine = remoteEngine(socketWire(socket));
    console.log('joined');
  });
  EngineDispatcher.attach(http, {
    prefix: '/engine/',
    admit: () => ({ engine: (request) => engine(request), caller: { kind: 'gantry', part: 'bench' } }),
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  console.log(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
}

if (role === 'server') await serve();
else {
  const socket = io(url, { transports: ['websocket'], reconnection: false });
  socket.on(
    'connect',
    () => void serveEngineOver(socketWire(socket), () => Promise.resolve(stream({}, lines(Number(bytes)))), { caller: 'as-told' }),
  );
}
