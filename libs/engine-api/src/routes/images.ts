import { containerConfig } from './bodies/container-create.ts';
import { act, inFilter, inPath, inQuery, read } from './route.ts';

const image = inPath('image', 'name');
const registryAuth = ['x-registry-auth'];

const listFilters = ['before', 'dangling', 'label', 'reference', 'since', 'until'] as const;
const pruneFilters = ['dangling', 'label', 'label!', 'until'] as const;

const notYet = (what: string) =>
  ({ status: 501, message: `${what} is not supported by this engine`, reason: 'the native engine does it in a later version' }) as const;

export const imageRoutes = {
  ImageList: read({
    method: 'GET',
    path: '/images/json',
    permission: 'image:list',
    inScope: 'container:view',
    query: { all: 'flag', filters: 'filters', 'shared-size': 'flag', digests: 'flag', manifests: 'flag', filter: 'text' },
    filters: listFilters,
    refs: [inFilter('image', 'before'), inFilter('image', 'since')],
    lists: 'images',
  }),
  ImageCreate: act({
    method: 'POST',
    path: '/images/create',
    kind: 'upload',
    permission: 'image:pull',
    inScope: 'image:use',
    query: { fromImage: 'text', fromSrc: 'text', repo: 'text', tag: 'text', message: 'text', changes: 'texts', platform: 'text' },
    requestHeaders: registryAuth,
    onDisconnect: 'cancel',
  }),
  ImageInspect: read({
    method: 'GET',
    path: '/images/{name*}/json',
    permission: 'image:list',
    inScope: 'container:view',
    query: { manifests: 'flag', platform: 'text' },
    refs: [image],
  }),
  ImageHistory: read({
    method: 'GET',
    path: '/images/{name*}/history',
    permission: 'image:list',
    inScope: 'container:view',
    query: { platform: 'text' },
    refs: [image],
  }),
  ImagePush: act({
    method: 'POST',
    path: '/images/{name*}/push',
    kind: 'stream',
    permission: 'image:push',
    query: { tag: 'text', platform: 'text' },
    refs: [image],
    requestHeaders: registryAuth,
    onDisconnect: 'cancel',
    refusal: notYet('pushing images'),
  }),
  ImageTag: act({
    method: 'POST',
    path: '/images/{name*}/tag',
    permission: 'image:tag',
    query: { repo: 'text', tag: 'text' },
    refs: [image],
  }),
  ImageDelete: act({
    method: 'DELETE',
    path: '/images/{name*}',
    permission: 'image:remove',
    query: { force: 'flag', noprune: 'flag', platforms: 'texts' },
    refs: [image],
    lists: 'removed',
  }),
  ImageSearch: read({
    method: 'GET',
    path: '/images/search',
    permission: 'registry:use',
    query: { term: 'text', limit: 'integer', filters: 'filters' },
    filters: ['is-automated', 'is-official', 'stars'],
    requestHeaders: registryAuth,
    refusal: {
      status: 501,
      message: 'searching registries is not supported by this engine',
      reason: 'only Docker Hub has that search; the native engine favours none',
    },
  }),
  ImagePrune: act({
    method: 'POST',
    path: '/images/prune',
    permission: 'host:prune',
    query: { filters: 'filters' },
    filters: pruneFilters,
    lists: 'removed',
    sinceApi: '1.25',
  }),
  ImageCommit: act({
    method: 'POST',
    path: '/commit',
    permission: 'container:commit',
    query: { container: 'text', repo: 'text', tag: 'text', comment: 'text', author: 'text', pause: 'flag-on', changes: 'texts' },
    body: containerConfig,
    refs: [inQuery('container', 'container')],
    effect: 'repeat-unsafe',
  }),
  ImageGet: read({
    method: 'GET',
    path: '/images/{name*}/get',
    kind: 'stream',
    permission: 'image:pull',
    query: { platform: 'text' },
    refs: [image],
    audited: true,
  }),
  ImageGetAll: read({
    method: 'GET',
    path: '/images/get',
    kind: 'stream',
    permission: 'image:pull',
    query: { names: 'texts', platform: 'text' },
    refs: [inQuery('image', 'names')],
    audited: true,
  }),
  ImageLoad: act({
    method: 'POST',
    path: '/images/load',
    kind: 'upload',
    permission: 'image:tag',
    query: { quiet: 'flag', platform: 'text' },
    onDisconnect: 'cancel',
  }),
  DistributionInspect: read({
    method: 'GET',
    path: '/distribution/{name*}/json',
    permission: 'registry:use',
    refs: [],
    requestHeaders: registryAuth,
    sinceApi: '1.30',
  }),
};
