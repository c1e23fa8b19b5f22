import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { parseReference } from '../reference/reference.ts';
import { parseChallenges } from './challenge.ts';
import { endpointsOf } from './endpoints.ts';
import { refuseForbiddenAddress } from './forbidden-addresses.ts';
import { send, type Trust } from './http-request.ts';
import { Registries } from './registry.ts';
import type { RegistrySettings } from './settings.ts';

const opened = closedAfterEach();
const settings: RegistrySettings = {
  insecure: [],
  mirrors: [],
  trust: () => Promise.resolve(undefined),
  userAgent: 'test',
  retryAfterMs: 1,
};
const signal = new AbortController().signal;

test.each([
  ['Basic realm="a"', [['basic', { realm: 'a' }]]],
  [
    'Bearer realm="https://a/t",service="x y",scope="repository:a:pull,push"',
    [['bearer', { realm: 'https://a/t', service: 'x y', scope: 'repository:a:pull,push' }]],
  ],
  [
    'Negotiate, Basic realm=a , Bearer realm="b\\"c"',
    [
      ['basic', { realm: 'a' }],
      ['bearer', { realm: 'b"c' }],
    ],
  ],
  ['', []],
  ['!!!"', []],
])('the challenge %s is read', (header, expected) => {
  expect(parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])).toEqual(expected);
});

test.each([
  ['127.0.0.1:5000/a', [], ['https://127.0.0.1:5000/', 'http://127.0.0.1:5000/']],
  ['127.9.9.9/a', [], ['https://127.9.9.9/', 'http://127.9.9.9/']],
  ['localhost:5000/a', [], ['https://localhost:5000/', 'http://localhost:5000/']],
  ['10.1.2.3:5000/a', [], ['https://10.1.2.3:5000/']],
  ['10.1.2.3:5000/a', ['10.0.0.0/8'], ['https://10.1.2.3:5000/', 'http://10.1.2.3:5000/']],
  ['registry.invalid:80/a', ['registry.invalid:80'], ['https://registry.invalid:80/', 'http://registry.invalid/']],
  ['registry.invalid/a', ['registry.invalid:80'], ['https://registry.invalid/']],
  ['a', [], ['https://registry-1.docker.io/']],
])('%s with %j insecure is asked at %j', async (name, insecure, places) => {
  const found = await endpointsOf(parseReference(name), { ...settings, insecure });
  expect(found.map(({ base }) => base.href)).toEqual(places);
});

test('mirrors come before Docker Hub, and only for its images', async () => {
  const mirrors = ['https://mirror.invalid/hub'];
  const bases = async (name: string): Promise<string[]> =>
    (await endpointsOf(parseReference(name), { ...settings, mirrors })).map(({ base }) => base.href);
  expect(await bases('alpine')).toEqual(['https://mirror.invalid/hub/', 'https://registry-1.docker.io/']);
  expect(await bases('quay.invalid/alpine')).toEqual(['https://quay.invalid/']);
});

test.each(['169.254.169.254', '[fe80::1]', '0.0.0.0', '[::ffff:169.254.169.254]'])('%s is no place to be led to', (host) => {
  expect(() => refuseForbiddenAddress(host)).toThrow('no place for images');
});

/** A registry under TLS with a certificate of a CA of its own. */
async function tlsRegistry(): Promise<{ host: string; ca: string }> {
  const { path } = opened.use(await temporaryDirectory());
  const openssl = (...args: string[]): unknown => execFileSync('openssl', args, { cwd: path, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=test ca');
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'key',
    '-out',
    'crt',
    '-subj',
    '/CN=127.0.0.2',
    '-addext',
    'subjectAltName=IP:127.0.0.2',
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
  );
  const read = (name: string): string => readFileSync(join(path, name), 'utf8');
  const server = createServer({ key: read('key'), cert: read('crt') }, (_request, response) => response.end('{}'));
  server.listen(0, '127.0.0.2');
  await once(server, 'listening');
  opened.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: `127.0.0.2:${(server.address() as AddressInfo).port}`, ca: read('ca.crt') };
}

async function ask(host: string, trust: Trust): Promise<void> {
  const agents = { http: new HttpAgent(), https: new HttpsAgent() };
  const answer = await send(new URL(`https://${host}/v2/`), { method: 'GET', headers: {}, isForeign: false, signal, agents, trust });
  answer.body.resume();
  expect(answer.status).toBe(200);
}

test('a certificate is believed where its CA is given for that registry, and not otherwise', async () => {
  const { host, ca } = await tlsRegistry();
  await ask(host, { isUnchecked: false, secureContext: createSecureContext({ ca }) });
  await expect(ask(host, { isUnchecked: false })).rejects.toThrow(
    `Get "https://${host}/v2/": x509: certificate signed by unknown authority`,
  );
  await ask(host, { isUnchecked: true });
});

test('an insecure registry under TLS is opened without a look at its certificate', async () => {
  const { host } = await tlsRegistry();
  using registries = new Registries(settings);
  const registry = await registries.open(parseReference(`${host}/a`), { signal });
  expect(registry.isMirror).toBe(false);
  expect(await registry.login(signal)).toBe('');
});
