import { gzipSync, zstdCompressSync } from 'node:zlib';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { ApiVersion, type Engine, type EngineRequest, routed } from '@gantry/engine-api';
import { mediaTypes } from '@gantry/oci';
import { openImages } from '../images/open-images.ts';
import { DebianRegistry } from '../testing/debian-registry.ts';
import { busyboxImage } from '../testing/image-archives.ts';
import { imageHandlers } from './images.ts';

const opened = closedAfterEach();
const kernel = { mountOverlay: () => Promise.resolve(), unmount: () => Promise.resolve(false) };

async function engine(): Promise<Engine> {
  const { path } = opened.use(await temporaryDirectory());
  const images = opened.use(await openImages({ kernel, dataRoot: path, events: { publish: () => undefined } }));
  return routed(imageHandlers(images), { server: 'test', versions: { oldest: ApiVersion.oldest, newest: ApiVersion.newest } });
}

async function ask(engineOf: Engine, line: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
  const [method, target = ''] = line.split(' ') as [EngineRequest['method'], string?];
  const body = (async function* (): AsyncGenerator<Uint8Array> {
    await Promise.resolve();
    yield* [];
  })();
  const request = {
    method,
    target,
    headers: new Map(Object.entries(headers)),
    body,
    upgrade: 'none',
    caller: { kind: 'process' },
  } as const;
  const response = await engineOf({ ...request, signal: new AbortController().signal });
  if (response.kind !== 'plain') throw new Error('hijacked');
  const bytes = response.body instanceof Uint8Array ? response.body : Buffer.concat(await Array.fromAsync(response.body));
  return { status: response.status, text: Buffer.from(bytes).toString() };
}

test('images of a real registry are pulled by tag, by digest and all tags at once', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const registry = opened.use(await DebianRegistry.start(path));
  const [one, two] = [await busyboxImage(), await busyboxImage({ Labels: { second: 'yes' } })];
  const digest = await registry.push('tools/busybox', 'gzip', { image: one, layer: gzipSync, mediaType: mediaTypes.ociLayerGzip });
  await registry.push('tools/busybox', 'zstd', { image: two, layer: zstdCompressSync, mediaType: mediaTypes.ociLayerZstd });
  const name = `${registry.host}/tools/busybox`;
  const at = await engine();

  const pulled = await ask(at, `POST /v1.41/images/create?fromImage=${encodeURIComponent(name)}&tag=gzip`);
  expect(pulled.text.split('\r\n')[0]).toBe('{"status":"Pulling from tools/busybox","id":"gzip"}');
  expect(pulled.text).toMatch(
    new RegExp(`"status":"Digest: ${digest}"\\}\r\n\\{"status":"Status: Downloaded newer image for ${name}:gzip"\\}\r\n$`),
  );
  expect((await ask(at, `POST /images/create?fromImage=${name}@${digest}`)).text).toContain(
    `Status: Image is up to date for ${name}@${digest}`,
  );
  expect((await ask(at, `POST /images/create?fromImage=${name}&tag=${digest}`)).text).toContain('up to date');
  const all = await ask(at, `POST /images/create?fromImage=${name}`);
  // The registry lists its tags in the order of its file system.
  expect(all.text).toMatch(/Image is up to date for .*:gzip/);
  expect(all.text).toMatch(/Downloaded newer image for .*:zstd/);
  const rows = JSON.parse((await ask(at, 'GET /images/json')).text) as { Id: string; RepoDigests: string[] }[];
  expect(rows.map(({ Id }) => Id).sort()).toEqual([one.id, two.id].sort());
  expect(rows.flatMap(({ RepoDigests }) => RepoDigests)).toContain(`${name}@${digest}`);
  expect(JSON.parse((await ask(at, `GET /distribution/${name}:gzip/json`)).text)).toMatchObject({
    Descriptor: { digest, mediaType: mediaTypes.ociManifest },
  });
});

test('what is wrong is told with a status before the stream begins', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const registry = opened.use(await DebianRegistry.start(path));
  const at = await engine();
  const name = `${registry.host}/nothing`;
  expect(await ask(at, `POST /images/create?fromImage=${name}&tag=1`)).toEqual({
    status: 404,
    text: `{"message":"manifest for ${name}:1 not found: manifest unknown: manifest unknown"}\n`,
  });
  expect(await ask(at, 'POST /images/create?fromImage=Bad')).toMatchObject({
    status: 400,
    text: expect.stringContaining('must be lowercase') as string,
  });
  expect(await ask(at, `POST /images/create?fromImage=${name}&tag=a:b`)).toMatchObject({
    status: 400,
    text: '{"message":"invalid reference format"}\n',
  });
  expect(await ask(at, `POST /images/create?fromImage=${name}&tag=1`, { 'x-registry-auth': 'nonsense' })).toMatchObject({ status: 404 });
  expect(await ask(at, `POST /images/create?fromImage=${name}&tag=1&platform=a/b/c/d`)).toMatchObject({ status: 400 });
});
