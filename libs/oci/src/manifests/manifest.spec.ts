import { parseImageConfig } from './image-config.ts';
import { choosePlatform, parseManifest } from './manifest.ts';
import { mediaTypes } from './media-types.ts';
import { hostPlatform, parsePlatform, type Platform } from './platform.ts';

const digest = (character: string): string => `sha256:${character.repeat(64)}`;
const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const manifest = {
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: { mediaType: mediaTypes.ociConfig, digest: digest('c'), size: 10 },
  layers: [{ mediaType: mediaTypes.ociLayerGzip, digest: digest('1'), size: 100 }],
};

function list(...platforms: (Platform | undefined)[]): Uint8Array {
  const manifests = platforms.map((platform, at) => ({ mediaType: mediaTypes.ociManifest, digest: digest(String(at)), size: 1, platform }));
  return json({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
}

function chosen(bytes: Uint8Array, wish: string): string {
  const parsed = parseManifest(bytes);
  if (parsed.kind !== 'index') throw new Error('no index');
  return choosePlatform(parsed.index, parsePlatform(wish)).digest.slice(7, 8);
}

test('OCI and Docker manifests are read alike', () => {
  const docker = { ...manifest, mediaType: mediaTypes.dockerManifest, config: { ...manifest.config, mediaType: mediaTypes.dockerConfig } };
  for (const document of [manifest, docker, { ...manifest, mediaType: undefined }]) {
    expect(parseManifest(json(document))).toMatchObject({ kind: 'manifest', manifest: { layers: [{ digest: digest('1'), size: 100 }] } });
  }
});

test('a list is answered by the platform that fits best', () => {
  const amd = { os: 'linux', architecture: 'amd64' };
  const arm = (variant?: string): Platform => ({
    os: 'linux',
    architecture: variant === 'v8' ? 'arm64' : 'arm',
    ...(variant && { variant }),
  });
  expect(chosen(list({ os: 'windows', architecture: 'amd64' }, amd, arm('v8')), 'linux/amd64')).toBe('1');
  expect(chosen(list(amd, { os: 'linux', architecture: 'aarch64' }), 'linux/arm64/v8')).toBe('1');
  expect(chosen(list(arm('v5'), arm('v6'), arm('v7')), 'linux/arm/v6')).toBe('1');
  expect(chosen(list(arm('v5'), arm('v6')), 'linux/arm/v7')).toBe('1');
  expect(() => chosen(list(amd), 'linux/s390x')).toThrow('no matching manifest for linux/s390x in the manifest list entries');
});

test('an attestation is never taken for an image', () => {
  const index = JSON.parse(
    Buffer.from(list({ os: 'unknown', architecture: 'unknown' }, { os: 'linux', architecture: 'amd64' })).toString(),
  ) as {
    manifests: object[];
  };
  index.manifests[0] = { ...index.manifests[0], platform: undefined, annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } };
  expect(chosen(json(index), 'linux/amd64')).toBe('1');
});

test.each([
  ['no JSON', Buffer.from('<html>'), 'manifest is not JSON'],
  ['a list', json([]), 'manifest is invalid'],
  ['both a manifest and an index', json({ ...manifest, manifests: [] }), 'ambiguous'],
  ['an index under a manifest type', json({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, manifests: [] }), 'does not fit'],
  ['a digest that is a path', json({ ...manifest, config: { ...manifest.config, digest: '../../etc/passwd' } }), 'config.digest'],
  ['a negative size', json({ ...manifest, layers: [{ ...manifest.layers[0], size: -1 }] }), 'layers.0.size'],
  ['2000 layers', json({ ...manifest, layers: Array.from({ length: 2000 }, () => manifest.layers[0]) }), 'layers'],
  ['schema 1', json({ schemaVersion: 1, fsLayers: [] }), 'schema version 1 is not supported'],
])('%s is refused', (_, bytes, message) => {
  expect(() => parseManifest(bytes)).toThrow(message);
});

test('a configuration may leave out nearly everything, and null is nothing', () => {
  const config = parseImageConfig(
    json({ rootfs: { type: 'layers', diff_ids: null }, config: { Env: null, ExposedPorts: { '80/tcp': {} }, Labels: null } }),
  );
  expect(config.rootfs.diff_ids).toEqual([]);
  expect(config.config).toMatchObject({ Env: undefined, ExposedPorts: ['80/tcp'], Labels: {} });
});

test('a __proto__ key changes nothing', () => {
  const config = parseImageConfig(Buffer.from('{"rootfs":{"type":"layers","diff_ids":[]},"config":{"Labels":{"__proto__":"x","a":"b"}}}'));
  expect(Object.entries(config.config.Labels ?? {})).toEqual([['a', 'b']]);
});

test('this machine is a platform of image lists', () => {
  expect(hostPlatform('x64')).toEqual({ os: 'linux', architecture: 'amd64' });
  expect(hostPlatform('arm64')).toEqual({ os: 'linux', architecture: 'arm64', variant: 'v8' });
});
