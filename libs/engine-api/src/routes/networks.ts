import { networkConnect, networkCreate, networkDisconnect } from './bodies/networks.ts';
import { act, inBody, inPath, needing, read } from './route.ts';

const network = inPath('network');
const pathAndContainer = [network, needing('container:edit', inBody('container', 'Container'))];

export const networkRoutes = {
  NetworkList: read({
    method: 'GET',
    path: '/networks',
    permission: 'network:list',
    inScope: 'network:list',
    query: { filters: 'filters' },
    filters: ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type', 'idOrName'],
    lists: 'networks',
  }),
  NetworkInspect: read({
    method: 'GET',
    path: '/networks/{id}',
    permission: 'network:list',
    query: { verbose: 'flag', scope: 'text' },
    refs: [network],
  }),
  NetworkDelete: act({ method: 'DELETE', path: '/networks/{id}', permission: 'network:remove', refs: [network] }),
  NetworkCreate: act({
    method: 'POST',
    path: '/networks/create',
    permission: 'network:create',
    creates: 'network',
    body: networkCreate,
    refs: [needing('network:connect', inBody('network', 'ConfigFrom.Network'))],
    effect: 'repeat-unsafe',
  }),
  NetworkConnect: act({
    method: 'POST',
    path: '/networks/{id}/connect',
    permission: 'network:connect',
    body: networkConnect,
    refs: [...pathAndContainer, needing('container:edit', inBody('container', 'EndpointConfig.Links[]', 'name-and-alias'))],
  }),
  NetworkDisconnect: act({
    method: 'POST',
    path: '/networks/{id}/disconnect',
    permission: 'network:connect',
    body: networkDisconnect,
    refs: pathAndContainer,
  }),
  NetworkPrune: act({
    method: 'POST',
    path: '/networks/prune',
    permission: 'host:prune',
    query: { filters: 'filters' },
    filters: ['label', 'label!', 'until'],
    lists: 'removed',
    sinceApi: '1.25',
  }),
};
