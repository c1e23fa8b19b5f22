import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { createServer, request } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { closedAfterEach } from '@gantry/base/testing';
import { issueLeaf, makeAuthority } from '../tls/authority.ts';
import { refusePlainHttp } from './refuse-plain-http.ts';

const opened = closedAfterEach();

async function serve(): Promise<{ port: number; ca: string; heard: string[] }> {
  const authority = await makeAuthority('test');
  const leaf = await issueLeaf(authority, ['127.0.0.1']);
  const heard: string[] = [];
  const server = createServer({ key: leaf.key, cert: leaf.certificate }, (asked, response) => void asked.pipe(response));
  refusePlainHttp(server, (authorization) => {
    heard.push(authorization);
    return Promise.resolve(authorization.startsWith('Bearer') ? 'it is good no more' : undefined);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  opened.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, ca: authority.certificate, heard };
}

async function inClear(port: number, headers: Record<string, string> = {}): Promise<{ status: number | undefined; text: string }> {
  const [response] = (await once(get({ host: '127.0.0.1', port, headers, agent: false }), 'response')) as [IncomingMessage];
  return { status: response.statusCode, text: Buffer.concat((await response.toArray()) as Buffer[]).toString() };
}

test('https goes on as before, whatever its first bytes are cut into', async () => {
  const { port, ca } = await serve();
  const sent = request({ host: '127.0.0.1', port, ca, method: 'POST', agent: false });
  const text = 'x'.repeat(300_000);
  sent.end(text);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  expect(Buffer.concat((await response.toArray()) as Buffer[]).toString()).toBe(text);
});

test('whoever speaks http is told so, and a token in what they sent is heard', async () => {
  const { port, heard } = await serve();

  expect(await inClear(port)).toMatchObject({ status: 400, text: expect.stringContaining('https only') as string });
  expect(await inClear(port, { authorization: 'Basic x' })).toMatchObject({ status: 400 });
  expect(await inClear(port, { authorization: 'Bearer gantry_x' })).toEqual({ status: 401, text: '{"message":"it is good no more"}\n' });
  expect(heard).toEqual(['Basic x', 'Bearer gantry_x']);
});

test('a token is heard in a head that never ends, too', async () => {
  const { port, heard } = await serve();
  const socket = connect(port, '127.0.0.1');
  socket.end('GET / HTTP/1.1\r\nAuthorization: Bearer gantry_cut\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 401 /);
  expect(heard).toEqual(['Bearer gantry_cut']);
});
