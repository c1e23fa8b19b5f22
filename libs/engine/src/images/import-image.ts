import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Failure, version } from '@gantry/base';
import { type Compression, detectCompression, Digester, type Digest, hostPlatform, mediaTypes, type Platform } from '@gantry/oci';
import { BatchedFile } from '../layers/batched-file.ts';
import { checkDisk } from '../layers/disk-reserve.ts';
import { plainTar } from '../layers/plain-tar.ts';
import type { RunConfig } from './image-changes.ts';
import type { ImageStore, StoredImage } from './image-store.ts';

export interface ImportRequest {
  /** A root file system as a tar, plain or compressed. */
  readonly source: AsyncIterable<Uint8Array>;
  readonly config: RunConfig;
  readonly message: string;
  readonly platform: Platform | undefined;
  readonly signal: AbortSignal;
}

const checkDiskEveryBytes = 64 * 1024 ** 2;
/** Layers of other compressions have no media type: they are kept as plain tars. */
const layerTypes: { readonly [name in Compression]?: string } = {
  none: mediaTypes.dockerLayer,
  gzip: mediaTypes.dockerLayerGzip,
  zstd: mediaTypes.ociLayerZstd,
};

/** Makes an image of one layer out of a tar. Fails with `invalid` for what is no tar; what fails leaves nothing. */
export async function importImage(store: ImageStore, request: ImportRequest): Promise<StoredImage> {
  await using place = await store.ingest.directory();
  const { path, blob, mediaType } = await spoolLayer(request, place.path);
  using _blobs = store.blobs.hold([blob.digest]);
  using layer = await store.layers.addUnknown(path, { signal: request.signal });
  if (!(await store.blobs.has(blob.digest))) await store.blobs.adopt(path, blob.digest);
  const { diffId } = layer.record;
  const { os, architecture, variant } = request.platform ?? hostPlatform();
  const created = new Date().toISOString();
  const document = {
    ...{ architecture, ...(variant ? { variant } : {}), os, comment: request.message, config: request.config, created },
    ...{ docker_version: version, history: [{ created, comment: request.message }] },
    rootfs: { type: 'layers', diff_ids: [diffId] },
  };
  const layers = [{ diffId, blob: { ...blob, mediaType } }];
  return await store.add(Buffer.from(JSON.stringify(document)), { layers });
}

interface Spooled {
  readonly path: string;
  readonly blob: { readonly digest: Digest; readonly sizeBytes: number };
  readonly mediaType: string | undefined;
}

async function spoolLayer(request: ImportRequest, directory: string): Promise<Spooled & { readonly mediaType: string }> {
  const { path, blob, mediaType } = await spool(request, join(directory, 'rootfs.tar'));
  if (mediaType !== undefined) return { path, blob, mediaType };
  const plain = await spool({ ...request, source: plainTar(createReadStream(path)) }, join(directory, 'plain.tar'));
  return { ...plain, mediaType: mediaTypes.dockerLayer };
}

async function spool({ source, signal }: ImportRequest, path: string): Promise<Spooled> {
  const digester = new Digester();
  let checkAt = 0;
  let first = Buffer.alloc(0);
  await using file = await BatchedFile.open(path, 'wx');
  for await (const chunk of source) {
    if (signal.aborted) throw new Failure('cancelled', 'importing was cancelled', { cause: signal.reason });
    if (first.length < 6) first = Buffer.concat([first, chunk.subarray(0, 6)]);
    digester.update(chunk);
    await file.add(chunk);
    if (digester.sizeBytes < checkAt) continue;
    checkDisk(path);
    checkAt = digester.sizeBytes + checkDiskEveryBytes;
  }
  await file.end();
  const mediaType = layerTypes[detectCompression(first)];
  return { path, blob: { digest: digester.digest(), sizeBytes: digester.sizeBytes }, mediaType };
}
