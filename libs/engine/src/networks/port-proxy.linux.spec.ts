import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import { openKernel, Splicer, type SplicerSettings } from '@gantry/linux';
import { PortProxy } from './port-proxy.ts';

const opened = closedAfterEach();
const run = promisify(execFile);
const inFlight = randomBytes(64 * 1024);
const large = randomBytes(24 * 1024 * 1024);
/** More than all buffers on the way together. */
const tooLarge = Buffer.alloc(96 * 1024 * 1024, inFlight);
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Published {
  readonly proxy: PortProxy;
  readonly splicer: Splicer;
  readonly port: number;
  readonly client: () => Socket;
}

/** A published port whose container does `answer`. */
async function published(answer: (socket: Socket) => void, settings?: SplicerSettings): Promise<Published> {
  const kernel = opened.use(await openKernel());
  const container = createServer({ allowHalfOpen: true }, (socket) => answer(socket.on('error', () => undefined)));
  await once(container.listen(0, '127.0.0.1'), 'listening');
  opened.defer(() => void container.close());
  const splicer = opened.use(new Splicer(settings));
  const { port: containerPort } = container.address() as AddressInfo;
  return { splicer, ...(await publish(kernel, splicer, containerPort)) };
}

async function publish(
  kernel: Awaited<ReturnType<typeof openKernel>>,
  splicer: Splicer,
  port: number,
): Promise<Omit<Published, 'splicer'>> {
  const held = await kernel.openSocket({ protocol: 'tcp', address: '::1', port: 0, isListening: true });
  const proxy = opened.use(new PortProxy(held.descriptor, { address: () => '127.0.0.1', port }, splicer.group()));
  const client = (): Socket => {
    const socket = connect({ host: '::1', port: held.port, allowHalfOpen: true });
    opened.defer(() => void socket.destroy());
    return socket;
  };
  return { proxy, port: held.port, client };
}

/** All that comes, up to the end. */
async function received(socket: Socket): Promise<Buffer> {
  return Buffer.concat((await Array.fromAsync(socket)) as Buffer[]);
}

/** Bytes that the kernel of a socket's other side does not have yet, as /proc/net/tcp says. */
function unacknowledged({ localPort = 0, remotePort = 0 }: Socket): number {
  const [local, remote] = [localPort, remotePort].map((port) => port.toString(16).toUpperCase().padStart(4, '0'));
  const line = new RegExp(`:${local} \\w+:${remote} \\w+ (\\w+):`).exec(readFileSync('/proc/net/tcp', 'utf8'));
  return Number.parseInt(line?.[1] ?? '0', 16);
}

const brokenOff = (socket: Socket): Promise<unknown> => once(socket.resume(), 'error').then(([error]) => error as unknown);
const descriptors = (): number => readdirSync('/proc/self/fd').length;

test('much that goes both ways at once arrives whole and in order, and so does what is said after the other end', async () => {
  const { client } = await published((socket) => {
    socket.write(large);
    void received(socket).then((bytes) => socket.end(hashOf(bytes)));
  });
  const socket = client();
  socket.end(large);
  const bytes = await received(socket);
  expect(bytes.length).toBe(large.length + 64);
  expect(bytes.subarray(0, large.length).equals(large)).toBe(true);
  expect(bytes.subarray(large.length).toString()).toBe(hashOf(large));
});

test('what both sides say before the connection is carried is carried first', async () => {
  const { client } = await published((socket) => {
    socket.write(inFlight);
    void received(socket).then((bytes) => socket.end(hashOf(bytes)));
  });
  for (let round = 0; round < 10; round++) {
    const socket = client();
    socket.write(inFlight);
    await once(socket, 'connect');
    socket.end(inFlight);
    const bytes = await received(socket);
    expect(bytes.subarray(0, inFlight.length).equals(inFlight)).toBe(true);
    expect(bytes.subarray(inFlight.length).toString()).toBe(hashOf(Buffer.concat([inFlight, inFlight])));
  }
});

test('a client that has said its end gets all that the container says afterwards, and the other way round', async () => {
  const heard = Promise.withResolvers<Buffer>();
  const { client } = await published((socket) => {
    socket.once('data', (first: Buffer) => {
      if (String(first) === 'question') {
        void once(socket.resume(), 'end')
          .then(() => delay(50))
          .then(() => socket.end(large));
        return;
      }
      socket.end('all I have to say');
      void received(socket).then(heard.resolve);
    });
  });
  const asking = client();
  asking.end('question');
  expect(hashOf(await received(asking))).toBe(hashOf(large));

  const telling = client();
  telling.write('!');
  expect(String(await received(telling))).toBe('all I have to say');
  await delay(50);
  telling.end(large);
  expect(hashOf(await heard.promise)).toBe(hashOf(large));
});

test('a slow reader holds the sender up, on either side, and loses nothing', async () => {
  const atContainer = Promise.withResolvers<Socket>();
  const { client } = await published((socket) => {
    socket.pause();
    atContainer.resolve(socket);
  });
  const near = client().pause();
  const far = await atContainer.promise;
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    const sent = new Promise<'sent'>((resolve) => from.end(tooLarge, () => resolve('sent')));
    expect(await Promise.race([sent, delay(300)])).toBeUndefined();
    expect(hashOf(await received(to))).toBe(hashOf(tooLarge));
  }
});

test('a container that breaks off is heard as a broken connection, also by a client that is just sending', async () => {
  const { client } = await published((socket) => {
    socket.once('data', () => socket.write(large.subarray(0, 8 * 1024 * 1024), () => socket.resetAndDestroy()));
  });
  for (const says of [Buffer.from('!'), large]) {
    const socket = client();
    const broken = brokenOff(socket);
    socket.write(says);
    expect(await broken).toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) as string });
    expect(socket.readableEnded).toBe(false);
  }
});

test('a client that breaks off is heard in the container, also while it is just sending', async () => {
  for (const says of [Buffer.from('!'), large]) {
    const broken = Promise.withResolvers<unknown>();
    const { client } = await published((socket) => {
      socket.write(says);
      void brokenOff(socket).then(broken.resolve);
    });
    const socket = client().on('error', () => undefined);
    socket.write(large.subarray(0, 8 * 1024 * 1024), () => socket.resetAndDestroy());
    expect(await broken.promise).toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) as string });
  }
});

test('a server that refuses an upload in its middle is heard by who sends it', async () => {
  const { client } = await published((socket) => {
    socket.once('data', () => {
      socket.pause().end('413 too large');
      void eventually(() => expect([socket.writableFinished, unacknowledged(socket)]).toEqual([true, 0])).then(() => socket.destroy());
    });
  });
  const socket = client().on('error', () => undefined);
  socket.write(tooLarge);
  expect(String(((await once(socket, 'data')) as [Buffer])[0])).toBe('413 too large');
});

test('the answer of a server that refuses an upload and closes reaches a slow reader whole, however much is still sent', async () => {
  const answer = large.subarray(0, 400_000);
  const { client } = await published((socket) => {
    socket.once('data', () => {
      socket.pause().end(answer);
      // With what it has not read it breaks the connection off, which takes back only what the other side does not have yet.
      void eventually(() => expect([socket.writableFinished, unacknowledged(socket)]).toEqual([true, 0])).then(() => socket.destroy());
    });
  });
  const socket = client().pause();
  const sent = new Promise((resolve) => socket.end(tooLarge, () => resolve('sent')));
  expect(await sent).toBe('sent');
  expect(hashOf(await received(socket))).toBe(hashOf(answer));
});

test('what a killed engine was carrying is heard as a broken connection', async () => {
  const container = createServer((socket) => socket.on('error', () => undefined).write(tooLarge));
  await once(container.listen(0, '127.0.0.1'), 'listening');
  opened.defer(() => void container.close());
  const [linux, proxy] = [new URL('../../../linux/src/index.ts', import.meta.url), new URL('./port-proxy.ts', import.meta.url)];
  const program = `
const { openKernel, Splicer } = await import(${JSON.stringify(linux.href)});
const { PortProxy } = await import(${JSON.stringify(proxy.href)});
const held = await (await openKernel()).openSocket({ protocol: 'tcp', address: '::1', port: 0, isListening: true });
const target = { address: () => '127.0.0.1', port: ${(container.address() as AddressInfo).port} };
new PortProxy(held.descriptor, target, new Splicer().group());
console.log(held.port);`;
  const words = ['--conditions=source', '--input-type=module', '-e', program];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const socket = connect(Number(line), '::1');
  const broken = new Promise((resolve) => socket.on('error', resolve).on('end', () => resolve('ended')));
  await once(socket, 'data');
  child.kill('SIGKILL');
  expect(await broken).toMatchObject({ code: 'ECONNRESET' });
});

test('a byte that was sent as urgent goes with the others', async () => {
  const heard = Promise.withResolvers<Buffer>();
  const { port } = await published((socket) => {
    void received(socket.on('end', () => socket.end('heard'))).then(heard.resolve);
  });
  const words = `
import socket
s = socket.create_connection(('::1', ${port}))
s.sendall(b'a' * 70000)
s.send(b'b', socket.MSG_OOB)
s.sendall(b'c' * 70000)
s.send(b'd', socket.MSG_OOB)
s.shutdown(socket.SHUT_WR)
print(s.recv(100))`;
  expect((await run('python3', ['-c', words])).stdout).toBe("b'heard'\n");
  expect((await heard.promise).equals(Buffer.from(`${'a'.repeat(70_000)}b${'c'.repeat(70_000)}d`))).toBe(true);
});

test('a port that nobody listens at behind is heard as a broken connection', async () => {
  const kernel = opened.use(await openKernel());
  const { client } = await publish(kernel, opened.use(new Splicer()), 9);
  expect(await brokenOff(client())).toMatchObject({ code: 'ECONNRESET' });
});

test('a thousand connections leave no descriptor, and nor does the thread, which comes back when it is needed', async () => {
  const { client } = await published(
    (socket) =>
      void received(socket).then(
        (bytes) => socket.end(bytes),
        () => undefined, // Every seventh breaks off.
      ),
    { lookMs: 100 },
  );
  const before = descriptors();
  const ask = async (number: number): Promise<void> => {
    const socket = client();
    if (number % 7 === 0) {
      socket.on('error', () => undefined).write('x', () => socket.resetAndDestroy());
      return;
    }
    socket.end(String(number));
    expect(String(await received(socket))).toBe(String(number));
  };
  for (let number = 0; number < 1000; number += 50) await Promise.all(Array.from({ length: 50 }, (_, at) => ask(number + at)));
  await eventually(() => expect(descriptors()).toBe(before));
  await ask(1);
});

test('connections end with their port, those of others go on', async () => {
  const ended = Promise.withResolvers<true>();
  const { proxy, splicer, client } = await published((socket) => {
    socket.on('close', () => ended.resolve(true)).resume();
  });
  const echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  await once(echo.listen(0, '127.0.0.1'), 'listening');
  opened.defer(() => void echo.close());
  const other = await publish(opened.use(await openKernel()), splicer, (echo.address() as AddressInfo).port);
  const kept = other.client();
  kept.write('1');
  await once(kept, 'data');

  const socket = client();
  const closed = new Promise((resolve) => socket.on('error', () => undefined).on('close', resolve));
  await new Promise((resolve) => socket.write(large, resolve));
  await proxy[Symbol.asyncDispose]();
  expect(await ended.promise).toBe(true);
  socket.resume();
  await closed;

  kept.write('2');
  expect(String(((await once(kept, 'data')) as [Buffer])[0])).toBe('2');
});
