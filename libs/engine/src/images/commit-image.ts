import { join } from 'node:path';
import { Failure, version } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { type Digest, mediaTypes } from '@gantry/oci';
import type { ContainerId, ImageId } from '../ids.ts';
import type { RunConfig } from './image-changes.ts';
import type { ImageRecord } from './image-record.ts';
import type { ImageStore, StoredImage } from './image-store.ts';
import { checkLayerCount } from './layer-count.ts';
import { durableStep } from '../state/durable-step.ts';

export interface CommitRequest {
  readonly container: ContainerId;
  /** The image that the container was made of. */
  readonly parent: ImageId;
  /** What the container changed: the upper directory of its overlay. */
  readonly upper: string;
  readonly config: RunConfig;
  readonly containerConfig: RunConfig;
  readonly author: string;
  readonly comment: string;
}

/** The tar of nothing: two empty blocks. Such a layer is left out, and its step says so. */
const emptyLayer = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

/**
 * Makes an image of what a container changed, on top of its own image, with the document that dockerd writes. Fails with `not-found` where that image is gone; what
 * fails leaves nothing.
 */
export async function commitImage(store: ImageStore, request: CommitRequest): Promise<StoredImage> {
  const parent = store.get(request.parent);
  if (parent === undefined) throw new Failure('not-found', messages.noSuchImage(request.parent));
  // Before anything is waited for: the image below may be removed meanwhile.
  const { layers: below } = parent.record;
  using _below = store.layers.hold(below.map(({ diffId }) => diffId));
  using _blobs = store.blobs.hold([
    request.parent as string as Digest,
    ...below.flatMap(({ blob }) => (blob === undefined ? [] : [blob.digest])),
  ]);
  await using place = await store.ingest.directory();
  const tar = join(place.path, 'layer.tar');
  const { digest, sizeBytes } = await durableStep('commit.pack', () => store.layers.pack(request.upper, tar));
  const layer = { diffId: digest, blob: { digest, mediaType: mediaTypes.dockerLayer, sizeBytes } };
  const layers: ImageRecord['layers'] = digest === emptyLayer ? below : [...below, layer];
  checkLayerCount(layers.length);
  using _layer = store.layers.hold([digest]);
  using _blob = store.blobs.hold([digest]);
  if (digest !== emptyLayer) {
    await store.layers.add(digest, tar, { hashed: { digest, sizeBytes } });
    if (!(await store.blobs.has(digest))) await store.blobs.adopt(tar, digest);
  }
  const document = await childDocument(store, { parent, request, layers });
  return await store.add(Buffer.from(JSON.stringify(document)), { layers, parent: parent.record.id });
}

async function childDocument(
  store: ImageStore,
  { parent, request, layers }: { parent: StoredImage; request: CommitRequest; layers: ImageRecord['layers'] },
): Promise<object> {
  const { config: base, record } = parent;
  const raw = JSON.parse((await store.blobs.read(record.id as string as Digest)).toString()) as { history?: object[] | null };
  const { author, comment, container, containerConfig, config } = request;
  const created = new Date().toISOString();
  const step = {
    created,
    ...(author === '' ? {} : { author }),
    created_by: (containerConfig.Cmd ?? []).join(' '),
    ...(comment === '' ? {} : { comment }),
    ...(layers.length === record.layers.length ? { empty_layer: true } : {}),
  };
  return {
    architecture: base.architecture,
    ...(base.variant === '' ? {} : { variant: base.variant }),
    ...(author === '' ? {} : { author }),
    ...{ config, container, container_config: containerConfig, created, docker_version: version },
    history: [...(raw.history ?? []), step],
    os: base.os || 'linux',
    ...(base['os.version'] === '' ? {} : { 'os.version': base['os.version'] }),
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  };
}
