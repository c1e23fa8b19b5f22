import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { openKernel } from '@gantry/linux';
import { type Digest, parseReference } from '@gantry/oci';
import type { ContainerId } from '../ids.ts';
import { imageOf, tarFile, tarOf } from '../testing/image-archives.ts';
import { ScriptedRegistry } from '../testing/scripted-registry.ts';
import { type Images, openImages } from './open-images.ts';
import { readLogins } from './stored-logins.ts';

const opened = closedAfterEach();
const { signal } = new AbortController();

async function pulled(): Promise<{ images: Images; blobs: string[]; layer: Digest; file: string; registry: ScriptedRegistry }> {
  const { path } = opened.use(await temporaryDirectory());
  const kernel = opened.use(await openKernel());
  const images = opened.use(await openImages({ kernel, dataRoot: path, events: { publish: () => undefined }, retryAfterMs: 20 }));
  const registry = opened.use(await ScriptedRegistry.start({}));
  registry.add('app', '1', {
    image: imageOf([await tarOf([tarFile('file', 'content'), tarFile('directory/that/the/layer/does/not/name', '')])]),
    layer: gzipSync,
  });
  for await (const message of images.pull([parseReference(`${registry.host}/app:1`)], { signal })) expect(message).toBeDefined();
  const [image] = images.store.all();
  const [layer] = image?.record.layers ?? [];
  if (image?.record.manifest === undefined || layer?.blob === undefined) throw new Error('the image has no manifest or layer');
  const blobs = [layer.blob.digest, image.record.manifest.digest].map((digest) => images.store.blobs.path(digest));
  return { images, blobs, layer: layer.diffId, file: join(images.store.layers.path(layer.diffId), 'file'), registry };
}

async function verify(images: Images): Promise<string[]> {
  return (await Array.fromAsync(images.verify(signal))).map(({ state, text }) => `${state}${text === '' ? '' : `: ${text}`}`);
}

test('what is whole is left alone', async () => {
  const { images } = await pulled();
  expect(await verify(images)).toEqual(['whole', 'whole', 'whole', 'whole']);
});

test('damaged and missing blobs are fetched again, a damaged layer is unpacked again', async () => {
  const { images, blobs, file } = await pulled();
  writeFileSync(blobs[0] ?? '', 'damaged');
  rmSync(blobs[1] ?? '');
  writeFileSync(file, 'changed');
  expect(await verify(images)).toEqual([
    'whole',
    expect.stringMatching(/^repaired: manifest sha256:.* is missing: fetched again from .*\/app:1$/),
    expect.stringMatching(/^repaired: layer blob sha256:.* is damaged: fetched again from .*\/app:1$/),
    expect.stringMatching(/^repaired: layer sha256:.* was damaged: unpacked again$/),
  ]);
  expect(await verify(images)).toEqual(['whole', 'whole', 'whole', 'whole']);
});

test('what is fetched again from a registry that wants to know who asks is asked for with the logins of a Docker client', async () => {
  const { images, blobs, registry } = await pulled();
  registry.script = { basic: { username: 'ann', password: 'secret:word' } };
  const { path } = opened.use(await temporaryDirectory());
  const file = join(path, 'config.json');
  const auth = Buffer.from('ann:secret:word').toString('base64');
  writeFileSync(file, JSON.stringify({ auths: { [`https://${registry.host}/v1/`]: { auth } }, credsStore: 'none' }));

  writeFileSync(blobs[0] ?? '', 'damaged');
  expect(await verify(images)).toContainEqual(expect.stringMatching(/^damaged: layer blob /));
  const lines = await Array.fromAsync(images.verify(signal, await readLogins(file)));
  expect(lines).toContainEqual({
    state: 'repaired',
    text: expect.stringMatching(/^layer blob sha256:.* is missing: fetched again/) as unknown,
  });
  expect((await readLogins(join(path, 'none')))('docker.io')).toBeUndefined();
  writeFileSync(file, '{');
  await expect(readLogins(file)).rejects.toMatchObject({ code: 'invalid' });
});

test('what cannot be fetched is told with the reason, and a layer without its blob as not compared', async () => {
  const { images, blobs, registry } = await pulled();
  await registry[Symbol.asyncDispose]();
  writeFileSync(blobs[0] ?? '', 'damaged');
  expect(await verify(images)).toEqual([
    'whole',
    'whole',
    expect.stringMatching(/^damaged: layer blob sha256:.* is damaged: .*\/app:1: /),
    expect.stringMatching(/^damaged: layer sha256:.* cannot be compared: its blob sha256:.* is gone$/),
  ]);
});

test('a layer that a container has mounted is not replaced under it', async () => {
  const { images, layer, file } = await pulled();
  const container = 'c'.repeat(64) as ContainerId;
  const [image] = images.store.all();
  await images.createRootfs(container, image?.record.id ?? ('' as never));
  writeFileSync(file, 'changed');
  await images.mountRootfs(container);
  expect((await verify(images)).at(-1)).toBe(`damaged: layer ${layer} is damaged and mounted in cccccccccccc: stop it and verify again`);
  await images.unmountRootfs(container);
  expect((await verify(images)).at(-1)).toBe(`repaired: layer ${layer} was damaged: unpacked again`);
});
