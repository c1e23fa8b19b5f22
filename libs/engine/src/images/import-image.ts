import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, version } from '@gantry/base';
import { detectCompression, Digester, type Digest, hostPlatform, mediaTypes, type Platform } from '@gantry/oci';
import { checkDisk } from '../layers/disk-reserve.ts';
import type { RunConfig } from './image-changes.ts';
import type { ImageStore, StoredImage } from './image-store.ts';

export interface ImportRequest {
  /** A root file system as a tar, plain, gzip or zstd. */
  readonly source: AsyncIterable<Uint8Array>;
  readonly config: RunConfig;
  readonly message: string;
  readonly platform: Platform | undefined;
  readonly signal: AbortSignal;
}

const checkDiskEveryBytes = 64 * 1024 ** 2;
const layerTypes = { none: mediaTypes.dockerLayer, gzip: mediaTypes.dockerLayerGzip, zstd: mediaTypes.ociLayerZstd } as const;

/** Makes an image of one layer out of a tar. Fails with `invalid` for what is no tar; what fails leaves nothing. */
export async function importImage(store: ImageStore, request: ImportRequest): Promise<StoredImage> {
  await using place = await store.ingest.directory();
  const path = join(place.path, 'rootfs.tar');
  const { blob, compression } = await spool(request, path);
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
  const layers = [{ diffId, blob: { ...blob, mediaType: layerTypes[compression] } }];
  return await store.add(Buffer.from(JSON.stringify(document)), { layers });
}

interface Spooled {
  readonly blob: { readonly digest: Digest; readonly sizeBytes: number };
  readonly compression: ReturnType<typeof detectCompression>;
}

async function spool({ source, signal }: ImportRequest, path: string): Promise<Spooled> {
  const digester = new Digester();
  let checkAt = 0;
  let first = Buffer.alloc(0);
  await using file = await open(path, 'wx', 0o600);
  for await (const chunk of source) {
    if (signal.aborted) throw new Failure('cancelled', 'importing was cancelled', { cause: signal.reason });
    if (first.length < 6) first = Buffer.concat([first, chunk.subarray(0, 6)]);
    digester.update(chunk);
    await writeAll(file, chunk);
    if (digester.sizeBytes < checkAt) continue;
    checkDisk(path);
    checkAt = digester.sizeBytes + checkDiskEveryBytes;
  }
  return { blob: { digest: digester.digest(), sizeBytes: digester.sizeBytes }, compression: detectCompression(first) };
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
}
