import { auth } from './bodies/system.ts';
import { act, inFilter, read } from './route.ts';

const eventFilters = [
  'config',
  'container',
  'daemon',
  'event',
  'image',
  'label',
  'network',
  'node',
  'plugin',
  'scope',
  'secret',
  'service',
  'type',
  'volume',
] as const;

export const systemRoutes = {
  SystemPing: read({ method: 'GET', path: '/_ping', permission: 'engine:info', inScope: 'container:list' }),
  SystemPingHead: read({ method: 'HEAD', path: '/_ping', permission: 'engine:info', inScope: 'container:list' }),
  SystemVersion: read({ method: 'GET', path: '/version', permission: 'engine:info', inScope: 'container:list' }),
  SystemInfo: read({ method: 'GET', path: '/info', permission: 'engine:info', inScope: 'container:list' }),
  SystemDataUsage: read({
    method: 'GET',
    path: '/system/df',
    permission: 'engine:info',
    inScope: 'container:list',
    query: { type: 'texts', verbose: 'flag' },
    lists: 'disk-usage',
    sinceApi: '1.25',
  }),
  SystemEvents: read({
    method: 'GET',
    path: '/events',
    kind: 'stream',
    permission: 'event:view',
    inScope: 'event:view',
    query: { since: 'text', until: 'text', filters: 'filters' },
    filters: eventFilters,
    refs: [inFilter('container', 'container'), inFilter('image', 'image'), inFilter('network', 'network'), inFilter('volume', 'volume')],
    lists: 'events',
  }),
  SystemAuth: act({ method: 'POST', path: '/auth', permission: 'registry:use', body: auth, onDisconnect: 'cancel' }),
};
