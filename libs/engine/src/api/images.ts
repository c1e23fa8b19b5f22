import {
  ApiVersion,
  type Bytes,
  type Call,
  empty,
  type Handlers,
  json,
  largestChunkBytes,
  type PlainResponse,
  stream,
} from '@gantry/engine-api';
import { createdMs, filterImages } from '../images/filter-images.ts';
import type { StoredImage } from '../images/image-store.ts';
import type { Images } from '../images/open-images.ts';
import type { ProgressMessage } from '../images/progress.ts';
import { pruneImages } from '../images/prune-images.ts';
import { saveImages } from '../images/save-images.ts';
import { sharedSizes } from '../images/shared-sizes.ts';
import { pullHandlers } from './image-pulls.ts';
import { imageHistory, imageInspect, imageSummary } from './image-shapes.ts';
import { ofPlatform, platformOf } from './platform-query.ts';
import { progressLines } from './progress-reply.ts';

/** The image routes. */
export function imageHandlers(images: Images): Handlers {
  return {
    ...pullHandlers(images),
    ImageList: (call) => Promise.resolve(json(200, listed(images, call))),
    ImageInspect: (call) => {
      const { id, query } = call;
      return Promise.resolve(json(200, imageInspect(images, ofPlatform(images.find(id), id, query.platform), versionFor(call))));
    },
    ImageHistory: ({ id, query }) => Promise.resolve(json(200, imageHistory(images, ofPlatform(images.find(id), id, query.platform)))),
    ImageTag: async ({ id, query }) => {
      await images.tag(id, query.repo, query.tag);
      return empty(201);
    },
    ImageDelete: async ({ id, query }) => json(200, await images.remove(id, { force: query.force, keepsParents: query.noprune })),
    ImagePrune: async (call) => {
      const { removed, spaceReclaimed } = await pruneImages(images, call.filters(), call.signal);
      return json(200, { ImagesDeleted: removed.length > 0 ? removed : null, SpaceReclaimed: spaceReclaimed });
    },
    ImageLoad: (call) => Promise.resolve(loaded(images, call)),
    ImageGet: (call) => saved(images, [call.id], call),
    ImageGetAll: (call) => saved(images, call.query.names, call),
  };
}

/** An image has one platform: since API 1.48 another one that is asked for is refused. */
function saved(images: Images, names: readonly string[], { query, version }: Call<'ImageGet' | 'ImageGetAll'>): Promise<PlainResponse> {
  const platform = version.atLeast('1.48') ? query.platform : '';
  const archive = saveImages(images, names, (image, name) => void ofPlatform(image, name, platform));
  return Promise.resolve(stream({ 'content-type': 'application/x-tar' }, chunked(archive)));
}

/**
 * docker-compose 1.29 asks for the newest version and fails in each recreate without `ContainerConfig`, which API 1.45 has no more
 *: it gets the form that it knows.
 */
function versionFor({ request, version }: Call<'ImageInspect'>): ApiVersion {
  const isOldCompose = request.headers.get('user-agent')?.startsWith('docker-compose/1.') === true;
  return isOldCompose && version.atLeast('1.45') ? ApiVersion.parse('1.44') : version;
}

function listed(images: Images, call: Call<'ImageList'>): unknown[] {
  const filters = new Map(call.filters());
  if (call.query.filter !== '' && !call.version.atLeast('1.41')) filters.set('reference', [call.query.filter]);
  const context = {
    filters,
    all: call.query.all,
    find: (name: string) => images.find(name),
    namesOf: ({ record }: StoredImage) => images.store.namesOf(record.id),
    hasChildren: ({ record }: StoredImage) => images.store.childrenOf(record.id).length > 0,
  };
  const sharedBytes = call.query['shared-size'] ? sharedSizes(images.store) : undefined;
  return filterImages(images.store.all(), context)
    .sort((one, other) => createdMs(other.image) - createdMs(one.image))
    .map((found) => imageSummary(images, found, { version: call.version, sharedBytes: sharedBytes?.(found.image) ?? -1 }));
}

function loaded(images: Images, { request, query, signal }: Call<'ImageLoad'>): PlainResponse {
  const platform = platformOf(query.platform);
  const messages = images.load(request.body, { signal, ...(platform !== undefined && { platform }) });
  return progressLines(query.quiet ? withoutPositions(messages) : messages);
}

async function* withoutPositions(messages: AsyncIterable<ProgressMessage>): AsyncGenerator<ProgressMessage> {
  for await (const message of messages) if (message.progressDetail === undefined) yield message;
}

async function* chunked(bytes: AsyncIterable<Uint8Array>): Bytes {
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; at += largestChunkBytes) yield chunk.subarray(at, at + largestChunkBytes);
  }
}
