import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import {
  canonicalName,
  type Digest,
  digestOf,
  familiarText,
  hexOf,
  mediaTypes,
  parseAnyReference,
  type TarInput,
  withDefaultTag,
  writeTar,
} from '@gantry/oci';
import { plainTar } from '../layers/plain-tar.ts';
import type { StoredImage } from './image-store.ts';
import type { Images } from './open-images.ts';

interface Chosen {
  readonly image: StoredImage;
  readonly tags: Set<string>;
}

/**
 * The archive of `docker save`: an OCI layout with Docker's `manifest.json` beside it, layers as plain tars, byte for byte as they were packed,
 * so that ids stay the same. Fails with `not-found` before the first byte where a name is unknown; `check` may refuse an image as well.
 */
export function saveImages(
  images: Images,
  names: readonly string[],
  check: (image: StoredImage, name: string) => void = () => undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chosen = new Map<string, Chosen>();
  for (const { image, tag, name } of names.flatMap((name) => meantBy(images, name).map((meant) => ({ ...meant, name })))) {
    check(image, name);
    const entry = chosen.get(image.record.id) ?? { image, tags: new Set() };
    chosen.set(image.record.id, entry);
    if (tag !== undefined) entry.tags.add(tag);
  }
  for (const { image } of chosen.values()) checkComplete(images, image);
  return writeTar(entries(images, [...chosen.values()]));
}

/** A name with its tag, a bare repository with all of its tags, an id or a digest with none. */
function meantBy(images: Images, name: string): { readonly image: StoredImage; readonly tag?: string }[] {
  const parsed = parseAnyReference(name);
  if (parsed.kind === 'name' && parsed.name.tag === undefined && parsed.name.digest === undefined) {
    const all = images.store
      .names()
      .filter((one) => one.name.digest === undefined && canonicalName(one.name) === canonicalName(parsed.name));
    if (all.length > 0) return all.map((one) => ({ image: images.find(one.image), tag: familiarText(one.name) }));
  }
  const image = found(images, name);
  if (parsed.kind === 'id') return [{ image }];
  const full = withDefaultTag(parsed.name);
  return [full.digest === undefined && images.store.named(full) === image.record.id ? { image, tag: familiarText(full) } : { image }];
}

/** dockerd names what is not there as it was asked for. */
function found(images: Images, name: string): StoredImage {
  try {
    return images.find(name);
  } catch (cause) {
    const failure = Failure.from(cause);
    throw failure.code === 'not-found' ? new Failure('not-found', messages.noSuchImage(name), { cause }) : failure;
  }
}

function checkComplete(images: Images, { record }: StoredImage): void {
  const missing = record.layers.find(({ diffId, blob }) => blob === undefined || images.store.layers.get(diffId) === undefined);
  if (missing !== undefined)
    throw new Failure('precondition', `layer ${missing.diffId} of image ${record.id} is not kept as it came: pull the image again`);
}

async function* entries(images: Images, chosen: readonly Chosen[]): AsyncGenerator<TarInput, void, undefined> {
  const written = new Set<Digest>();
  const manifests: object[] = [];
  const index: object[] = [];
  yield { type: 'directory', name: 'blobs/', mode: 0o755 };
  yield { type: 'directory', name: 'blobs/sha256/', mode: 0o755 };
  for (const { image, tags } of chosen) {
    const configBytes = await images.store.blobs.read(image.record.id as string as Digest);
    const descriptors = image.record.layers.map(({ diffId }) => ({
      mediaType: mediaTypes.ociLayer,
      digest: diffId,
      size: images.store.layers.get(diffId)?.tarBytes ?? 0,
    }));
    yield* onceEach(written, layerEntries(images, image));
    const config = { mediaType: mediaTypes.ociConfig, digest: image.record.id, size: configBytes.length };
    const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: descriptors }));
    yield* onceEach(written, [blobEntry(image.record.id as string as Digest, configBytes), blobEntry(digestOf(manifest), manifest)]);
    const digest = digestOf(manifest);
    const named = [...tags].map((tag) => ({ 'io.containerd.image.name': tag }));
    for (const annotations of named.length === 0 ? [{}] : named) {
      index.push({ mediaType: mediaTypes.ociManifest, digest, size: manifest.length, annotations });
    }
    manifests.push({
      Config: blobName(image.record.id as string as Digest),
      RepoTags: [...tags],
      Layers: descriptors.map((layer) => blobName(layer.digest)),
    });
  }
  yield textEntry('index.json', { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: index });
  yield textEntry('manifest.json', manifests);
  yield textEntry('oci-layout', { imageLayoutVersion: '1.0.0' });
  const repositories = repositoriesOf(chosen);
  if (Object.keys(repositories).length > 0) yield textEntry('repositories', repositories);
}

/** What readers from before `manifest.json` look for: the topmost layer by repository and tag, as dockerd writes it still. */
function repositoriesOf(chosen: readonly Chosen[]): Record<string, Record<string, string>> {
  const repositories: Record<string, Record<string, string>> = {};
  for (const { image, tags } of chosen) {
    const top = image.record.layers.at(-1)?.diffId;
    if (top === undefined) continue;
    for (const text of tags) {
      const end = text.lastIndexOf(':');
      (repositories[text.slice(0, end)] ??= {})[text.slice(end + 1)] = hexOf(top);
    }
  }
  return repositories;
}

function layerEntries(images: Images, { record }: StoredImage): (TarInput & { digest: Digest })[] {
  return record.layers.map(({ diffId, blob }) => ({
    digest: diffId,
    type: 'file' as const,
    name: blobName(diffId),
    mode: 0o644,
    sizeBytes: images.store.layers.get(diffId)?.tarBytes ?? 0,
    body: blob === undefined ? [] : plainTar(images.store.blobs.stream(blob.digest)),
  }));
}

function* onceEach(written: Set<Digest>, all: Iterable<TarInput & { digest: Digest }>): Generator<TarInput, void, undefined> {
  for (const { digest, ...entry } of all) {
    if (written.has(digest)) continue;
    written.add(digest);
    yield entry;
  }
}

function blobEntry(digest: Digest, bytes: Uint8Array): TarInput & { digest: Digest } {
  return { digest, type: 'file', name: blobName(digest), mode: 0o644, sizeBytes: bytes.length, body: [bytes] };
}

function textEntry(name: string, value: unknown): TarInput {
  const bytes = Buffer.from(JSON.stringify(value));
  return { type: 'file', name, mode: 0o644, sizeBytes: bytes.length, body: [bytes] };
}

function blobName(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`;
}
