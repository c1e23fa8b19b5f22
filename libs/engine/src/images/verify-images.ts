import { Failure } from '@gantry/base';
import { algorithmOf, type Digest, Digester, familiarText, type Reference, type Registries, Repository } from '@gantry/oci';
import type { ContainerId } from '../ids.ts';
import type { BlobDownloads } from './blob-downloads.ts';
import type { ImageRecord } from './image-record.ts';
import type { ImageStore } from './image-store.ts';
import { shortId } from './progress.ts';
import type { Logins } from './stored-logins.ts';

export interface VerifyLine {
  /** `damaged` is what could not be repaired. */
  readonly state: 'whole' | 'repaired' | 'damaged';
  /** As a person reads it; '' for what is whole. */
  readonly text: string;
}

export interface VerifyContext {
  readonly store: ImageStore;
  readonly registries: Registries;
  readonly downloads: BlobDownloads;
  readonly mountsOf: (diffId: Digest) => Promise<ContainerId[]>;
  /** For the registries from which something is fetched again. */
  readonly logins: Logins;
  readonly signal: AbortSignal;
}

/**
 * Hashes every blob of every image, and compares every layer with what its blob unpacks to. A damaged blob is fetched again by the names of its image, a damaged layer
 * unpacked again from its blob, unless a container has it mounted. One answer for each thing.
 */
export async function* verifyImages(context: VerifyContext): AsyncGenerator<VerifyLine, void, undefined> {
  const seen = new Set<Digest>();
  for (const image of context.store.all()) {
    for (const part of partsOf(image.record)) {
      if (seen.has(part.digest)) continue;
      seen.add(part.digest);
      yield await verifiedBlob(context, part);
    }
  }
  const checked = new Set<Digest>();
  for (const { record } of context.store.all()) {
    for (const { diffId, blob } of record.layers) {
      if (checked.has(diffId) || blob === undefined) continue;
      checked.add(diffId);
      yield await verifiedLayer(context, diffId, blob.digest);
    }
  }
}

interface Part {
  readonly kind: 'manifest' | 'configuration' | 'layer blob';
  readonly digest: Digest;
  readonly sizeBytes: number | undefined;
}

function partsOf(record: ImageRecord): Part[] {
  const { manifest, layers } = record;
  return [
    { kind: 'configuration', digest: record.id as string as Digest, sizeBytes: undefined },
    ...(manifest === undefined ? [] : [{ kind: 'manifest' as const, digest: manifest.digest, sizeBytes: manifest.sizeBytes }]),
    ...layers.flatMap(({ blob }) => (blob === undefined ? [] : [{ kind: 'layer blob' as const, ...blob }])),
  ];
}

async function verifiedBlob(context: VerifyContext, part: Part): Promise<VerifyLine> {
  const { blobs } = context.store;
  context.signal.throwIfAborted();
  const isThere = await blobs.has(part.digest);
  if (isThere && (await hashed(blobs.stream(part.digest), part.digest)) === part.digest) return { state: 'whole', text: '' };
  const what = `${part.kind} ${part.digest} is ${isThere ? 'damaged' : 'missing'}`;
  await blobs.remove(part.digest);
  const reasons: string[] = [];
  for (const name of namesOf(context.store, part.digest)) {
    try {
      await fetchAgain(context, name, part);
      return { state: 'repaired', text: `${what}: fetched again from ${familiarText(name)}` };
    } catch (thrown) {
      context.signal.throwIfAborted();
      reasons.push(`${familiarText(name)}: ${Failure.from(thrown).message}`);
    }
  }
  return { state: 'damaged', text: `${what}: ${reasons.join('; ') || 'no image that has it has a name to fetch it by'}` };
}

/** The names of all images that have it. */
function namesOf(store: ImageStore, digest: Digest): Reference[] {
  const images = store.all().filter(({ record }) => partsOf(record).some((part) => part.digest === digest));
  return images.flatMap(({ record }) => store.namesOf(record.id));
}

async function hashed(bytes: AsyncIterable<Uint8Array>, digest: Digest): Promise<Digest | undefined> {
  const digester = new Digester(algorithmOf(digest));
  try {
    for await (const chunk of bytes) digester.update(chunk);
    return digester.digest();
  } catch {
    return undefined; // the disk does not give it any more
  }
}

async function fetchAgain({ store, registries, downloads, logins, signal }: VerifyContext, name: Reference, part: Part): Promise<void> {
  const repository = new Repository(await registries.open(name, { signal, credentials: logins(name.domain) }), name);
  if (part.kind === 'manifest') {
    const { bytes, digest } = await repository.manifest(part.digest, signal);
    if (digest !== part.digest) throw new Failure('invalid', `the registry has ${digest}`);
    await store.putBlob(bytes);
    return;
  }
  const { digest, sizeBytes } = part;
  if (sizeBytes === undefined) throw new Failure('invalid', 'pull the image again');
  await downloads.fetch({ digest, sizeBytes, from: repository }, { onProgress: () => undefined, signal });
}

async function verifiedLayer({ store, mountsOf, signal }: VerifyContext, diffId: Digest, blob: Digest): Promise<VerifyLine> {
  signal.throwIfAborted();
  const what = `layer ${diffId}`;
  if (!(await store.blobs.has(blob))) return { state: 'damaged', text: `${what} cannot be compared: its blob ${blob} is gone` };
  const users = await mountsOf(diffId);
  try {
    const state = await store.layers.check(diffId, store.blobs.path(blob), { repair: users.length === 0, signal });
    if (state === 'whole') return { state, text: '' };
    if (state === 'repaired') return { state, text: `${what} was damaged: unpacked again` };
    if (state === 'wrong-blob') return { state: 'damaged', text: `${what} has the blob ${blob} of another one` };
    const names = users.map(shortId).join(', ');
    return { state, text: `${what} is damaged and mounted in ${names}: stop it and verify again` };
  } catch (thrown) {
    signal.throwIfAborted();
    return { state: 'damaged', text: `${what} cannot be compared: ${Failure.from(thrown).message}` };
  }
}
