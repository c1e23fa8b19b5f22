import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { X509Certificate } from 'node:crypto';
import { type AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { issueLeaf, makeAuthority, namesOf } from './authority.ts';
import { ownNames } from './own-names.ts';
import { ServerKeys } from './server-keys.ts';

const opened = closedAfterEach();

test.each(['gantry.example.org', '127.0.0.1', '::1'])('a client that trusts the authority reaches the server as %s', async (name) => {
  const authority = await makeAuthority('test');
  const leaf = await issueLeaf(authority, ['gantry.example.org', '127.0.0.1', '::1']);
  const server = createServer({ key: leaf.key, cert: leaf.certificate }, (socket) => socket.end('hello'));
  opened.defer(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  const trusting = connect({
    port,
    host: '127.0.0.1',
    servername: /^[a-z]/.test(name) ? name : '',
    ca: authority.certificate,
    checkServerIdentity: () => undefined,
  });
  const [data] = (await once(trusting, 'data')) as [Buffer];
  expect(data.toString()).toBe('hello');
  expect(trusting.authorized).toBe(true);
  const certificate = new X509Certificate(leaf.certificate);
  expect(certificate.checkHost(name) ?? certificate.checkIP(name)).toBeDefined();

  const doubting = connect({ port, host: '127.0.0.1', ca: (await makeAuthority('other')).certificate });
  await expect(once(doubting, 'secureConnect')).rejects.toThrow(/certificate/);
});

test('an authority signs servers and no further authorities', async () => {
  const { certificate } = await makeAuthority('test');
  const leaf = await issueLeaf(await makeAuthority('test'), ['a']);

  expect(new X509Certificate(certificate).ca).toBe(true);
  expect(new X509Certificate(leaf.certificate).ca).toBe(false);
});

test('keys stay over a restart, are readable by the owner alone, and the certificate is renewed only for a new name', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const first = await ServerKeys.open(path);
  const leaf = await first.leaf(['a.example.org', '127.0.0.1', '2001:db8::1']);

  const second = await ServerKeys.open(path);
  expect(second.fingerprint).toBe(first.fingerprint);
  expect(second.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(second.identity.publicKey).toBe(first.identity.publicKey);
  expect(await second.leaf(['2001:db8:0::1', 'a.example.org'])).toEqual(leaf);
  expect(namesOf((await second.leaf(['b.example.org'])).certificate)).toEqual(['b.example.org']);

  for (const file of ['ca.pem', 'tls.pem', 'identity.key']) expect((await stat(`${path}/server/${file}`)).mode & 0o777).toBe(0o600);
  expect((await stat(`${path}/server`)).mode & 0o777).toBe(0o700);
});

test('a certificate of another authority is replaced', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const { path: other } = opened.use(await temporaryDirectory());
  const leaf = await (await ServerKeys.open(path)).leaf(['a']);

  expect(await (await ServerKeys.open(other)).leaf(['a'])).not.toEqual(leaf);
});

test('a server on all addresses answers to those of its machine, and to no address that is none', () => {
  const [everywhere, ofVersion4, ofVersion6] = [undefined, '0.0.0.0', '::'].map((listen) => ownNames({ url: undefined, listen }));

  expect(ofVersion6).toEqual(everywhere);
  expect(ofVersion4).not.toContain('0.0.0.0');
  expect(everywhere).toEqual(expect.arrayContaining(ofVersion4 ?? []));
});

test('a server answers to loopback, to the name it was given and to the address it listens on', () => {
  const names = ownNames({ url: 'https://gantry.example.org:8443', listen: '192.0.2.7' });

  expect(names[0]).toBe('gantry.example.org');
  expect(names).toEqual(expect.arrayContaining(['localhost', '127.0.0.1', '::1', '192.0.2.7']));
});
