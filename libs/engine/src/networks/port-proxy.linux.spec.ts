import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { closedAfterEach } from '@gantry/base/testing';
import { openKernel, Splicer } from '@gantry/linux';
import { PortProxy } from './port-proxy.ts';

const opened = closedAfterEach();
const large = randomBytes(24 * 1024 * 1024);
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Proxied {
  readonly proxy: PortProxy;
  readonly client: Socket;
}

/** A client of a proxy whose container does `answer`. */
async function proxied(answer: (socket: Socket) => void): Promise<Proxied> {
  const kernel = opened.use(await openKernel());
  const container: Server = createServer({ allowHalfOpen: true }, (socket) => answer(socket.on('error', () => undefined)));
  await once(container.listen(0, '127.0.0.1'), 'listening');
  opened.defer(() => void container.close());
  const splicer = opened.use(new Splicer());
  const held = await kernel.openSocket({ protocol: 'tcp', address: '::1', port: 0, isListening: true });
  const { port } = container.address() as AddressInfo;
  const proxy = opened.use(new PortProxy(held.descriptor, { address: () => '127.0.0.1', port }, splicer));
  const client = connect({ host: '::1', port: held.port, allowHalfOpen: true });
  opened.defer(() => void client.destroy());
  return { proxy, client };
}

/** All that comes, up to the end. */
async function received(socket: Socket): Promise<Buffer> {
  return Buffer.concat((await Array.fromAsync(socket)) as Buffer[]);
}

test('much that goes both ways at once arrives whole and in order, and so does what is said after the other end', async () => {
  const { client } = await proxied((socket) => {
    socket.write(large);
    void received(socket).then((bytes) => socket.end(hashOf(bytes)));
  });
  const answer = received(client);
  client.end(large);
  const bytes = await answer;
  expect(bytes.length).toBe(large.length + 64);
  expect(bytes.subarray(0, large.length).equals(large)).toBe(true);
  expect(bytes.subarray(large.length).toString()).toBe(hashOf(large));
});

test('a slow reader holds the sender up and loses nothing', async () => {
  const { client } = await proxied((socket) => socket.end(large));
  client.pause();
  await once(client, 'connect');
  await delay(100);
  expect(hashOf(await received(client))).toBe(hashOf(large));
});

test('a container that breaks off in the middle is heard as a broken connection', async () => {
  const { client } = await proxied((socket) => {
    socket.write(large.subarray(0, 8 * 1024 * 1024), () => socket.resetAndDestroy());
  });
  await expect(received(client)).rejects.toThrow(/ECONNRESET/);
});

test('a client that breaks off in the middle is heard in the container', async () => {
  const broken = Promise.withResolvers<Error>();
  const { client } = await proxied((socket) => {
    socket.on('error', broken.resolve);
    socket.resume();
  });
  client.write(large.subarray(0, 8 * 1024 * 1024), () => client.resetAndDestroy());
  expect(await broken.promise).toMatchObject({ code: 'ECONNRESET' });
});

test('connections end with the port', async () => {
  const ended = Promise.withResolvers<true>();
  const { proxy, client } = await proxied((socket) => {
    socket.on('close', () => ended.resolve(true)).resume();
  });
  const closed = new Promise((resolve) => client.on('error', () => undefined).on('close', resolve));
  await new Promise((resolve) => client.write(large, resolve));
  await proxy[Symbol.asyncDispose]();
  expect(await ended.promise).toBe(true);
  client.resume();
  await closed;
});
