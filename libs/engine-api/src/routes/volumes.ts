import { volumeCreate } from './bodies/volumes.ts';
import { act, inPath, read } from './route.ts';

const volume = inPath('volume', 'name');

export const volumeRoutes = {
  VolumeList: read({
    method: 'GET',
    path: '/volumes',
    permission: 'volume:list',
    inScope: 'volume:list',
    query: { filters: 'filters' },
    filters: ['dangling', 'driver', 'label', 'name'],
    lists: 'volumes',
  }),
  VolumeCreate: act({
    method: 'POST',
    path: '/volumes/create',
    permission: 'volume:create',
    creates: 'volume',
    body: volumeCreate,
  }),
  VolumeInspect: read({ method: 'GET', path: '/volumes/{name*}', permission: 'volume:list', refs: [volume] }),
  VolumeDelete: act({
    method: 'DELETE',
    path: '/volumes/{name*}',
    permission: 'volume:remove',
    query: { force: 'flag' },
    refs: [volume],
  }),
  VolumePrune: act({
    method: 'POST',
    path: '/volumes/prune',
    permission: 'host:prune',
    query: { filters: 'filters' },
    filters: ['all', 'label', 'label!'],
    lists: 'removed',
    sinceApi: '1.25',
  }),
};
