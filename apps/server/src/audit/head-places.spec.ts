import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { readFile } from 'node:fs/promises';
import { closedAfterEach } from '@gantry/base/testing';
import { setUp, startTestServer } from '../testing/index.ts';
import type { AuditHead } from './audit-head.ts';
import { headFileOf } from './head-file.ts';
import { tellHead } from './head-places.ts';

const opened = closedAfterEach();
const head: AuditHead = { sequence: 7, hash: 'a'.repeat(64), at: '2026-11-30T18:00:00.000Z', key: 'k', signature: 's' };

test('a head is posted to a webhook as JSON', async () => {
  const bodies: string[] = [];
  const { port } = await webhook(204, (body) => bodies.push(body));

  await tellHead(`http://127.0.0.1:${port}/hook/secret-path`, head);
  expect(bodies.map((body) => JSON.parse(body) as unknown)).toEqual([head]);
});

test.each([
  [500, /status 500/],
  [302, /fetch failed|redirect/],
])('a webhook that answers %s has not taken it, and no text tells its path', async (status, why) => {
  const { port } = await webhook(status, () => undefined);
  const told = tellHead(`http://user:hunter2@127.0.0.1:${port}/secret-path`, head).catch((thrown: unknown) => String(thrown));

  expect(await told).toMatch(why);
  expect(await told).not.toMatch(/secret-path|hunter2/);
});

test('a head is an RFC 5424 message to syslog, by UDP and by TCP', async () => {
  const line = /^<109>1 2026-11-30T18:00:00\.000Z \S+ gantry - audit-head - (\{.*\})$/;
  const datagrams = createSocket('udp4');
  opened.defer(() => void datagrams.close());
  datagrams.bind(0, '127.0.0.1');
  await once(datagrams, 'listening');
  const heard = once(datagrams, 'message') as Promise<[Buffer]>;
  await tellHead(`syslog://127.0.0.1:${datagrams.address().port}`, head);
  expect(JSON.parse(line.exec((await heard)[0].toString())?.[1] ?? '')).toEqual(head);

  const received = Promise.withResolvers<string>();
  const server = createServer((socket) => {
    void Array.fromAsync(socket as AsyncIterable<Buffer>).then((chunks) => received.resolve(Buffer.concat(chunks).toString()));
  });
  opened.defer(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await tellHead(`syslog+tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, head);
  const [, length, text = ''] = /^(\d+) (.*)$/.exec(await received.promise) ?? [];
  expect(Number(length)).toBe(Buffer.byteLength(text));
  expect(JSON.parse(line.exec(text)?.[1] ?? '')).toEqual(head);
});

test('a place that is not there is named, without what is secret of its address', async () => {
  await expect(tellHead('syslog+tcp://127.0.0.1:9', head)).rejects.toMatchObject({
    code: 'unavailable',
    message: 'syslog+tcp://127.0.0.1:9 did not take it: ECONNREFUSED',
  });
});

test('a server tells its head to the second place at its start and at its end, and serves where nobody takes it', async () => {
  const heads: AuditHead[] = [];
  const { port } = await webhook(200, (body) => heads.push(JSON.parse(body) as AuditHead));
  {
    await using server = await startTestServer({ auditHeadsTo: `http://127.0.0.1:${port}/heads` });
    await setUp(server);
    expect(heads).toMatchObject([{ sequence: 0 }]);
    const [line = ''] = (await readFile(headFileOf(server.config.dataRoot), 'utf8')).split('\n');
    expect(heads).toEqual([JSON.parse(line)]);
  }
  expect(heads.at(-1)?.sequence).toBeGreaterThan(0);

  await using unheard = await startTestServer({ auditHeadsTo: 'syslog+tcp://127.0.0.1:9' });
  expect((await setUp(unheard)).cookie).toBeDefined();
});

async function webhook(status: number, hear: (body: string) => void): Promise<{ port: number }> {
  const server = createHttpServer((request, response) => {
    void Array.fromAsync(request as AsyncIterable<Buffer>).then((chunks) => {
      hear(Buffer.concat(chunks).toString());
      response.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:9/' } : {}).end();
    });
  });
  opened.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port };
}
