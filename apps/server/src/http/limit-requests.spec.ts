import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { closedAfterEach } from '@gantry/base/testing';
import { limitRequests } from './limit-requests.ts';

const opened = closedAfterEach();

/** A web server that answers at once, with more than a connection buffers where it is asked for `/large`. */
async function server(limits: { bodyMs: number; idleMs: number }): Promise<number> {
  const web = createServer((request, response) => response.end(request.url === '/large' ? Buffer.alloc(64_000_000) : 'answered'));
  limitRequests(web, { headMs: 10_000, ...limits });
  await once(web.listen(0, '127.0.0.1'), 'listening');
  opened.defer(async () => {
    web.closeAllConnections();
    web.close();
    await once(web, 'close');
  });
  return (web.address() as AddressInfo).port;
}

async function client(port: number, head: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  opened.defer(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write(`${head}\r\nHost: a\r\n`);
  return socket;
}

test('a body that only drips ends its connection, also where the answer is out already', async () => {
  const socket = await client(await server({ bodyMs: 200, idleMs: 60_000 }), 'POST / HTTP/1.1');
  socket.write('Content-Length: 100000\r\n\r\n');
  const dripping = setInterval(() => socket.write('.'), 20);
  opened.defer(() => clearInterval(dripping));
  socket.resume();

  await once(socket, 'close');
});

test('an answer that nobody takes ends its connection', async () => {
  const port = await server({ bodyMs: 60_000, idleMs: 200 });
  const socket = await client(port, 'GET /large HTTP/1.1');
  socket.write('\r\n');
  await new Promise((resolve) => setTimeout(resolve, 2000)); // reading nothing

  let received = 0;
  socket.on('data', (chunk: Buffer) => (received += chunk.length));
  await once(socket, 'close');

  expect(received).toBeGreaterThan(0);
  expect(received).toBeLessThan(64_000_000);
});

test('a connection may carry one request after the other for longer than either may take', async () => {
  const socket = await client(await server({ bodyMs: 2500, idleMs: 2500 }), 'GET / HTTP/1.1');
  socket.write('\r\n');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  for (let answers = 1; answers < 5; answers += 1) {
    while (text.split('answered').length <= answers) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 700)); // far from the limit, also where a busy machine wakes it late
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  }

  expect(socket.closed).toBe(false);
});
