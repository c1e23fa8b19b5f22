import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { fingerprintOf, Identity, isSignedBy } from './identity.ts';
import { ServerEpoch } from './server-epoch.ts';

const opened = closedAfterEach();

test('a key is made once and kept for its owner alone', async () => {
  const path = join(opened.use(await temporaryDirectory()).path, 'keys', 'agent.key');

  const [first, second] = [await Identity.open(path), await Identity.open(path)];

  expect(second.publicKey).toBe(first.publicKey);
  expect(first.fingerprint).toBe(fingerprintOf(first.publicKey));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('a file that holds no Ed25519 key is named', async () => {
  const path = join(opened.use(await temporaryDirectory()).path, 'agent.key');
  await writeFile(path, 'no key');

  await expect(Identity.open(path)).rejects.toMatchObject({ code: 'invalid', message: `${path} holds no private key` });
});

test('only what the key signed is signed by it', () => {
  const [own, other] = [Identity.generate(), Identity.generate()];
  const signature = own.sign('text');

  expect(isSignedBy(own.publicKey, 'text', signature)).toBe(true);
  expect(isSignedBy(own.publicKey, 'another', signature)).toBe(false);
  expect(isSignedBy(other.publicKey, 'text', signature)).toBe(false);
  expect(isSignedBy('', 'text', 'x')).toBe(false);
});

test('the highest epoch of a server is remembered, that of another one means nothing', async () => {
  const path = join(opened.use(await temporaryDirectory()).path, 'agent', 'epoch.json');
  const first = await ServerEpoch.open(path, 'server-a');
  await first.raise(7);
  await first.raise(6);

  expect((await ServerEpoch.open(path, 'server-a')).highest).toBe(7);
  expect((await ServerEpoch.open(path, 'server-b')).highest).toBe(0);
  await writeFile(path, '{}');
  await expect(ServerEpoch.open(path, 'server-a')).rejects.toMatchObject({ code: 'invalid' });
});
