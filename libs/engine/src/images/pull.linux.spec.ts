import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { digestOf, mediaTypes, parseReference } from '@gantry/oci';
import { imageOf, ociBlobs, tarFile, tarOf, type TestImage } from '../testing/image-archives.ts';
import { type RegistryScript, ScriptedRegistry } from '../testing/scripted-registry.ts';
import { type Images, openImages, type PullWish } from './open-images.ts';
import type { ProgressMessage } from './progress.ts';

const opened = closedAfterEach();
const kernel = { mountOverlay: () => Promise.resolve(), unmount: () => Promise.resolve(false) };

interface Host {
  readonly root: string;
  readonly images: Images;
  readonly events: string[];
}

async function host(config = { registryMirrors: [] as string[], insecureRegistries: [] as string[] }): Promise<Host> {
  const { path } = opened.use(await temporaryDirectory());
  const events: string[] = [];
  const publish = ({ action, actorId }: { action: string; actorId: string }): unknown => events.push(`${action} ${actorId}`);
  const images = opened.use(await openImages({ kernel, dataRoot: path, events: { publish }, config, retryAfterMs: 20 }));
  return { root: path, images, events };
}

async function registry(script: RegistryScript = {}): Promise<ScriptedRegistry> {
  return opened.use(await ScriptedRegistry.start(script));
}

async function pull({ images }: Host, name: string, wish: Partial<PullWish> = {}): Promise<ProgressMessage[]> {
  const messages: ProgressMessage[] = [];
  for await (const message of images.pull([parseReference(name)], { signal: new AbortController().signal, ...wish }))
    messages.push(message);
  return messages;
}

const statuses = (messages: ProgressMessage[]): string[] => [
  ...new Set(messages.flatMap(({ status }) => (status === undefined ? [] : [status]))),
];
const small = async (text: string): Promise<TestImage> => imageOf([await tarOf([tarFile('file', text)])]);
const big = async (megabytes: number): Promise<TestImage> => imageOf([await tarOf([tarFile('big', randomBytes(megabytes * 1_000_000))])]);

test('a pull tells what dockerd tells, in its order', async () => {
  const [at, from] = [await host(), await registry()];
  const image = imageOf([await tarOf([tarFile('a', '1')]), await tarOf([tarFile('b', '2')])]);
  const digest = from.add('team/app', '1', { image, layer: gzipSync });
  const messages = await pull(at, `${from.host}/team/app:1`);

  expect(messages[0]).toEqual({ status: 'Pulling from team/app', id: '1' });
  expect(statuses(messages)).toEqual([
    'Pulling from team/app',
    'Pulling fs layer',
    'Downloading',
    'Verifying Checksum',
    'Download complete',
    'Extracting',
    'Pull complete',
    `Digest: ${digest}`,
    `Status: Downloaded newer image for ${from.host}/team/app:1`,
  ]);
  const stored = at.images.find(`${from.host}/team/app:1`);
  expect(stored.record.id).toBe(image.id);
  expect(at.images.namesOf(stored)).toEqual({ tags: [`${from.host}/team/app:1`], digests: [`${from.host}/team/app@${digest}`] });
  expect(at.events).toEqual([`pull ${from.host}/team/app:1`]);

  expect(statuses(await pull(at, `${from.host}/team/app:1`))).toEqual([
    'Pulling from team/app',
    `Digest: ${digest}`,
    `Status: Image is up to date for ${from.host}/team/app:1`,
  ]);
});

test('by digest the image gets no tag; a swapped manifest is refused', async () => {
  const [at, from] = [await host(), await registry()];
  const image = await small('1');
  const digest = from.add('app', '1', { image });
  await pull(at, `${from.host}/app@${digest}`);
  expect(at.images.namesOf(at.images.find(image.id))).toEqual({ tags: [], digests: [`${from.host}/app@${digest}`] });

  const other = digestOf('other');
  from.addManifest('app', other, {
    bytes: ociBlobs(image, { layer: (tar) => tar, mediaType: mediaTypes.ociLayer }).manifest,
    mediaType: mediaTypes.ociManifest,
  });
  await expect(pull(at, `${from.host}/app@${other}`)).rejects.toThrow(`manifest verification failed for digest ${other}`);
});

test('a list is answered by this machine’s platform, or by the one asked for', async () => {
  const [at, from] = [await host(), await registry()];
  const image = await small('mine');
  const mine = from.add('app', 'mine', { image, layer: zstdCompressSync });
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const entry = (digest: string, name: string) => ({
    mediaType: mediaTypes.ociManifest,
    digest,
    size: 1,
    platform: { os: 'linux', architecture: name },
  });
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [entry(digestOf('x'), 's390x'), entry(mine, architecture)],
    }),
  );
  const list = from.addManifest('app', 'all', { bytes, mediaType: mediaTypes.ociIndex });
  expect(statuses(await pull(at, `${from.host}/app:all`))).toContain(`Digest: ${list}`);
  expect(at.images.find(`${from.host}/app:all`).record.id).toBe(image.id);
  await expect(pull(at, `${from.host}/app:all`, { platform: { os: 'linux', architecture: 'riscv64' } })).rejects.toThrow(
    'no matching manifest for linux/riscv64 in the manifest list entries',
  );
});

test('connections that break every 64 KiB are taken up again where they broke', async () => {
  const [at, from] = [await host(), await registry({ cutEveryBytes: 65_536 })];
  const image = await big(1);
  from.add('app', '1', { image });
  await pull(at, `${from.host}/app:1`);
  const ranges = from.blobRequests(digestOf(image.layers[0] ?? '')).map(({ range }) => range);
  expect(ranges.length).toBeGreaterThanOrEqual(15);
  expect(ranges[1]).toMatch(/^bytes=6[0-9]{4}-$/);
  expect(at.images.find(image.id).record.layers).toHaveLength(1);
});

test('a registry that knows no ranges is read again from the start, and a layer that never comes whole is given up', async () => {
  const [at, from] = [await host(), await registry({ cutEveryBytes: 400_000, isCutOnce: true, hasRanges: false })];
  from.add('app', '1', { image: await big(1) });
  await pull(at, `${from.host}/app:1`);
  from.add('app', '2', { image: await big(1) });
  from.script = { cutEveryBytes: 400_000, hasRanges: false };
  await expect(pull(at, `${from.host}/app:2`)).rejects.toMatchObject({ code: 'unavailable' });
});

test('swapped bytes are refused and the digest is named; nothing of it stays', async () => {
  const [at, from] = [await host(), await registry()];
  const image = await big(1);
  from.add('app', '1', { image });
  const layer = digestOf(image.layers[0] ?? '');
  from.script = {
    corrupt: (digest, bytes) => ((bytes[500_000] = digest === layer ? (bytes[500_000] ?? 0) ^ 1 : (bytes[500_000] ?? 0)), bytes),
  };
  await expect(pull(at, `${from.host}/app:1`)).rejects.toThrow(`filesystem layer verification failed for digest ${layer}`);
  from.script = { corrupt: (digest, bytes) => (digest === image.id ? Buffer.from(bytes.toString().replace('2024', '2025')) : bytes) };
  await expect(pull(at, `${from.host}/app:1`)).rejects.toThrow(`image config verification failed for digest ${image.id}`);
  from.script = {
    cutEveryBytes: 65_536,
    corrupt: (digest, bytes) => ((bytes[100] = digest === layer ? (bytes[100] ?? 0) ^ 1 : (bytes[100] ?? 0)), bytes),
  };
  await expect(pull(at, `${from.host}/app:1`)).rejects.toThrow(`failed for digest ${layer}`);
  expect(at.images.store.all()).toEqual([]);
  expect([readdirSync(join(at.root, 'layers')), readdirSync(join(at.root, 'ingest'))]).toEqual([[], []]);
  expect(readdirSync(join(at.root, 'blobs/sha256'))).not.toContain(layer.slice(7));
});

test.each([
  ['a missing tag', 'app:none', /^manifest for 127\.0\.0\.1:[0-9]+\/app:none not found: manifest unknown: manifest unknown$/],
  ['a missing repository', 'nothing:1', /^manifest for 127\.0\.0\.1:[0-9]+\/nothing:1 not found: manifest unknown/],
])('%s is told in the words of dockerd', async (_, name, message) => {
  const [at, from] = [await host(), await registry()];
  from.add('app', '1', { image: await small('1') });
  await expect(pull(at, `${from.host}/${name}`)).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringMatching(message) as string,
  });
});

test('a registry that is not there is named', async () => {
  const at = await host();
  const from = await ScriptedRegistry.start();
  const { host: address } = from;
  await from[Symbol.asyncDispose]();
  await expect(pull(at, `${address}/app:1`)).rejects.toMatchObject({
    code: 'unavailable',
    message: `Get "http://${address}/v2/": dial tcp ${address}: connect: connection refused`,
  });
});

describe('credentials', () => {
  const credentials = { username: 'me', password: 'p:w', identityToken: '' };

  test('basic ones are sent where they are asked for, wrong ones are refused', async () => {
    const [at, from] = [await host(), await registry({ basic: credentials })];
    from.add('app', '1', { image: await small('1') });
    await expect(pull(at, `${from.host}/app:1`)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(pull(at, `${from.host}/app:1`, { credentials: { ...credentials, password: 'wrong' } })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    await pull(at, `${from.host}/app:1`, { credentials });
  });

  test('a login says whether the registry takes them', async () => {
    const [at, from] = [await host(), await registry({ basic: credentials })];
    const login = (password: string) =>
      at.images.login({ ...credentials, password, server: `http://${from.host}/v2/` }, new AbortController().signal);
    expect(await login('p:w')).toEqual({ identityToken: '' });
    await expect(login('wrong')).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('failed with status: 401') as string,
    });
  });

  test('a bearer token comes from the service that the registry names', async () => {
    const asked: (string | undefined)[] = [];
    const service = createServer((request, response) => {
      asked.push(request.url, request.headers.authorization);
      const isKnown = request.headers.authorization === `Basic ${Buffer.from('me:p:w').toString('base64')}`;
      response.writeHead(isKnown ? 200 : 401).end(JSON.stringify(isKnown ? { token: 'secret-token', expires_in: 300 } : { details: 'no' }));
    });
    opened.defer(() => void service.close());
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    const realm = `http://127.0.0.1:${(service.address() as AddressInfo).port}/token`;
    const [at, from] = [await host(), await registry({ bearer: { realm, token: 'secret-token' } })];
    from.add('team/app', '1', { image: await small('1') });

    await pull(at, `${from.host}/team/app:1`, { credentials });
    expect(asked).toEqual([
      `/token?service=test+registry&scope=repository%3Ateam%2Fapp%3Apull&account=me`,
      expect.stringMatching(/^Basic /),
    ]);
    await expect(pull(at, `${from.host}/team/app:1`, { credentials: { ...credentials, password: 'x' } })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    service.closeAllConnections();
  });

  test('they never go where the registry redirects to', async () => {
    const [at, from, store] = [await host(), await registry({ basic: credentials }), await registry()];
    const image = await small('1');
    from.add('app', '1', { image });
    store.add('app', '1', { image });
    from.script = { ...from.script, redirectBlobsTo: `http://${store.host}` };
    await pull(at, `${from.host}/app:1`, { credentials });
    expect(store.blobRequests().length).toBeGreaterThan(0);
    expect(store.seen.every(({ authorization }) => authorization === undefined)).toBe(true);
  });
});

test('a redirect to where clouds keep credentials is refused', async () => {
  const [at, from] = [await host(), await registry({ redirectBlobsTo: 'http://169.254.169.254' })];
  from.add('app', '1', { image: await small('1') });
  await expect(pull(at, `${from.host}/app:1`)).rejects.toMatchObject({ code: 'forbidden' });
});

test('a registry that is busy is asked again', async () => {
  const [at, from] = [await host(), await registry({ failFirst: { status: 503, times: 1 } })];
  from.add('app', '1', { image: await small('1') });
  await pull(at, `${from.host}/app:1`);
});

test('two pulls of one layer fetch it once; when one is cancelled the other goes on', async () => {
  const [at, from] = [await host(), await registry({ blobDelayMs: 1500 })];
  const image = await big(1);
  const other = { ...imageOf(image.layers, { Labels: { other: 'yes' } }) };
  from.add('one', '1', { image });
  from.add('two', '1', { image: other });
  const gone = new AbortController();
  const first = pull(at, `${from.host}/one:1`, { signal: gone.signal });
  const second = pull(at, `${from.host}/two:1`);
  const layer = digestOf(image.layers[0] ?? '');
  const hasSecond = (): boolean => from.seen.some(({ url }) => url.includes('/two/blobs/'));
  while (from.blobRequests(layer).length === 0 || !hasSecond()) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 100));
  gone.abort();
  await expect(first).rejects.toMatchObject({ code: 'cancelled', message: 'context canceled' });
  await second;
  expect(from.blobRequests(layer)).toHaveLength(1);
  expect(statuses(await pull(at, `${from.host}/one:1`))).toContain('Already exists');
  expect(from.blobRequests(layer)).toHaveLength(1);
});

test('what a pull builds on stays while the image that has it is removed', async () => {
  const [at, from] = [await host(), await registry({ blobDelayMs: 100 })];
  const shared = await tarOf([tarFile('shared', 'by two')]);
  from.add('old', '1', { image: imageOf([shared]), layer: (tar) => gzipSync(tar, { level: 1 }) });
  from.add('new', '1', { image: imageOf([shared, await tarOf([tarFile('own', 'x')])]), layer: (tar) => zstdCompressSync(tar) });
  await pull(at, `${from.host}/old:1`);

  const pulling = at.images.pull([parseReference(`${from.host}/new:1`)], { signal: new AbortController().signal });
  for await (const { status } of pulling) {
    if (status === 'Already exists') await at.images.remove(`${from.host}/old:1`, { force: false, keepsParents: false });
  }

  const [image, ...others] = at.images.store.all();
  expect(others).toEqual([]);
  for (const { diffId, blob } of image?.record.layers ?? []) {
    expect(at.images.store.layers.get(diffId)).toBeDefined();
    expect(blob !== undefined && (await at.images.store.blobs.has(blob.digest))).toBe(true);
  }
});

test('a cancelled pull leaves nothing visible and no half-fetched file', async () => {
  const [at, from] = [await host(), await registry({ blobDelayMs: 2000 })];
  from.add('app', '1', { image: await big(2) });
  const gone = new AbortController();
  const pulling = pull(at, `${from.host}/app:1`, { signal: gone.signal });
  while (from.blobRequests().length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  gone.abort();
  await expect(pulling).rejects.toMatchObject({ code: 'cancelled' });
  expect(at.images.store.all()).toEqual([]);
  expect(readdirSync(join(at.root, 'ingest'))).toEqual([]);
});

test('a mirror that does not have an image is passed over', async () => {
  const [empty, full] = [await registry(), await registry()];
  const at = await host({ registryMirrors: [`http://${empty.host}`, `http://${full.host}`], insecureRegistries: [] });
  full.add('library/alpine', '3', { image: await small('alpine') });
  expect(statuses(await pull(at, 'alpine:3'))).toContain('Status: Downloaded newer image for alpine:3');
  expect(empty.seen.map(({ url }) => url)).toContain('/v2/library/alpine/manifests/3');
});

test('a mirror serves images of Docker Hub', async () => {
  const mirror = await registry();
  const at = await host({ registryMirrors: [`http://${mirror.host}`], insecureRegistries: [] });
  const digest = mirror.add('library/alpine', '3', { image: await small('alpine') });
  expect(statuses(await pull(at, 'alpine:3'))).toEqual(
    expect.arrayContaining(['Pulling from library/alpine', 'Status: Downloaded newer image for alpine:3']),
  );
  expect(at.images.namesOf(at.images.find('alpine:3'))).toEqual({ tags: ['alpine:3'], digests: [`alpine@${digest}`] });
});
