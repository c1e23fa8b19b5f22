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

const lineBytes = 104;
const chunkLines = 630;
const chunk = Buffer.from(
  `000000000000 ${'the quick brown fox jumps over the lazy dog, and then again'.padEnd(90)}\n`.repeat(chunkLines),
  'latin1',
);

/** Writes a number before a line digit by digit: the agent is not to be slowed by what makes the log. */
function writeNumber(bytes: Buffer, at: number, number: number): void {
  for (let digit = 11, rest = number; digit >= 0; digit--, rest = Math.floor(rest / 10)) bytes[at + digit] = 48 + (rest % 10);
}

async function* lines(sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let line = 0; line * lineBytes < sizeBytes;) {
    const bytes = Buffer.from(chunk);
    for (let at = 0; at < bytes.length; at += lineBytes) writeNumber(bytes, at, line++);
    yield await Promise.resolve(bytes);
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
