import { once } from 'node:events';
import { connect } from 'node:net';
import { closedAfterEach } from '@gantry/base/testing';
import { startTestServer, type TestServer } from '../testing/index.ts';

const opened = closedAfterEach();
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

test.each(['/', '/anything', '/api/me', '/socket.io', '/SOCKET.IO/', '//socket.io/'])(
  'an upgrade of %s, where no socket is, is answered and closed',
  async (path) => {
    const connection = connect({ port: Number(new URL(server.url).port), host: '127.0.0.1' });
    opened.defer(() => void connection.destroy());
    let answer = '';
    connection.on('data', (bytes) => (answer += bytes.toString()));
    connection.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`);
    connection.write('Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n');

    await once(connection, 'close', { signal: AbortSignal.timeout(30_000) });

    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  },
);
