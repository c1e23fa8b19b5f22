import { readFileSync } from 'node:fs';
import { byteText, type Digest, digestOf, mediaTypes, type TarInput, writeTar } from '@gantry/oci';

/** A file of a layer or archive. */
export function tarFile(name: string, content: string | Uint8Array, more: Partial<TarInput> = {}): TarInput {
  const bytes = Buffer.from(content as string);
  return { type: 'file', name: byteText(name), sizeBytes: bytes.length, body: [bytes], mode: 0o644, ...more };
}

export async function tarOf(entries: readonly TarInput[]): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(writeTar(entries)));
}

/** An image in memory: its configuration and the plain tars of its layers, from the bottom up. */
export interface TestImage {
  readonly configBytes: Buffer;
  readonly layers: readonly Buffer[];
  readonly id: Digest;
}

export function imageOf(layers: readonly Buffer[], config: Record<string, unknown> = {}): TestImage {
  const configBytes = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      created: '2024-05-06T07:08:09.123456789Z',
      config: { Env: ['PATH=/bin:/usr/bin:/sbin'], Cmd: ['sh'], ...config },
      rootfs: { type: 'layers', diff_ids: layers.map(digestOf) },
      history: layers.map((_, at) => ({ created: '2024-05-06T07:08:09Z', created_by: `layer ${at}` })),
    }),
  );
  return { configBytes, layers, id: digestOf(configBytes) };
}

const busyboxCommands =
  'sh ls cat echo sleep true false id hostname mount ps kill stty wget httpd nc nslookup ip ping dd md5sum seq head tail env pwd touch mkdir rm date test tty chown chmod ln cp mv grep sed wc sort yes tr find du df free top uname whoami stat';

/** This machine's static busybox with a shell and the common commands, in two layers; small, and it runs. */
export async function busyboxImage(config: Record<string, unknown> = {}): Promise<TestImage> {
  const tools = busyboxCommands
    .split(' ')
    .map((name): TarInput => ({ type: 'symlink', name: `bin/${name}`, linkName: 'busybox', mode: 0o777 }));
  const base = await tarOf([
    ...['bin', 'etc', 'tmp', 'root', 'var', 'dev', 'proc', 'sys'].map((name): TarInput => ({
      type: 'directory',
      name: `${name}/`,
      mode: name === 'tmp' ? 0o1777 : 0o755,
    })),
    tarFile('bin/busybox', readFileSync('/bin/busybox'), { mode: 0o755 }),
    ...tools,
  ]);
  const users = await tarOf([
    tarFile('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n'),
    tarFile('etc/group', 'root:x:0:\nnogroup:x:65534:\n'),
  ]);
  return imageOf([base, users], config);
}

/** As `docker save` writes it. */
export async function dockerArchive(images: readonly { readonly image: TestImage; readonly tags?: readonly string[] }[]): Promise<Buffer> {
  const entries = new Map<string, TarInput>();
  const manifests = images.map(({ image, tags = [] }) => {
    const Config = `${image.id.slice(7)}.json`;
    entries.set(Config, tarFile(Config, image.configBytes));
    const Layers = image.layers.map((layer) => `${digestOf(layer).slice(7)}/layer.tar`);
    image.layers.forEach((layer, at) => entries.set(Layers[at] ?? '', tarFile(Layers[at] ?? '', layer)));
    return { Config, RepoTags: tags, Layers };
  });
  return tarOf([...entries.values(), tarFile('manifest.json', JSON.stringify(manifests))]);
}

/** The blobs of an image as a registry or an OCI layout has them. */
export function ociBlobs(
  image: TestImage,
  pack: { readonly layer: (tar: Buffer) => Buffer; readonly mediaType: string },
): { readonly manifest: Buffer; readonly blobs: ReadonlyMap<Digest, Buffer> } {
  const blobs = new Map<Digest, Buffer>([[image.id, image.configBytes]]);
  const layers = image.layers.map((tar) => {
    const packed = pack.layer(tar);
    blobs.set(digestOf(packed), packed);
    return { mediaType: pack.mediaType, digest: digestOf(packed), size: packed.length };
  });
  const config = { mediaType: mediaTypes.ociConfig, digest: image.id, size: image.configBytes.length };
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers }));
  blobs.set(digestOf(manifest), manifest);
  return { manifest, blobs };
}

/** An OCI image layout in a tar. */
export async function ociArchive(
  image: TestImage,
  { name, ...pack }: { readonly name?: string; readonly layer: (tar: Buffer) => Buffer; readonly mediaType: string },
): Promise<Buffer> {
  const { manifest, blobs } = ociBlobs(image, pack);
  const annotations = name === undefined ? {} : { 'io.containerd.image.name': name };
  const entry = { mediaType: mediaTypes.ociManifest, digest: digestOf(manifest), size: manifest.length, annotations };
  return tarOf([
    tarFile('oci-layout', '{"imageLayoutVersion":"1.0.0"}'),
    tarFile('index.json', JSON.stringify({ schemaVersion: 2, manifests: [entry] })),
    ...[...blobs].map(([digest, bytes]) => tarFile(`blobs/${digest.replace(':', '/')}`, bytes)),
  ]);
}
