import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { closedAfterEach } from '@gantry/base/testing';
import { selfSigned } from '@gantry/engine-api/testing';
import { fingerprintOf, trustServer } from './trust-server.ts';

const opened = closedAfterEach();

/** A server that says what its authority is. */
async function serverSaying(authority: string, { key, cert }: ReturnType<typeof selfSigned>): Promise<URL> {
  const server = createServer({ key, cert }, (request, response) => {
    if (request.url !== '/gantry-ca.crt') return void response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    response.end(authority);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  opened.defer(() => void server.close());
  return new URL(`https://localhost:${(server.address() as AddressInfo).port}`);
}

test('a server with the fingerprint that was given is trusted, with that one certificate', async () => {
  const own = selfSigned();
  const url = await serverSaying(own.cert, own);
  const { ca } = await trustServer(url, { fingerprint: fingerprintOf(own.cert) });
  expect(fingerprintOf(ca ?? '')).toBe(fingerprintOf(own.cert));
});

test('somebody in the middle who sends the authority that is meant, and then their own, is not trusted', async () => {
  const [meant, own] = [selfSigned(), selfSigned()];
  const url = await serverSaying(`${meant.cert}\n${own.cert}`, own);
  await expect(trustServer(url, { fingerprint: fingerprintOf(meant.cert) })).rejects.toThrow('certificate');
});

test('what is no certificate is named', async () => {
  const own = selfSigned();
  const url = await serverSaying('-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n', own);
  await expect(trustServer(url, { fingerprint: fingerprintOf(own.cert) })).rejects.toThrow('that is no certificate');
});
