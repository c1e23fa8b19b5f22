import { topologyProbe } from './bodies/topology.ts';
import { act, inPath, read } from './route.ts';

/**
 * What Docker does not have. Not versioned with Docker's API: the path has no version, and a field is only ever added. A file of the noun's own holds
 * further rows (`files.ts`; `/gantry/layers` once it exists).
 */
export const gantryRoutes = {
  GantryCapabilities: read({
    method: 'GET',
    path: '/gantry/capabilities',
    permission: 'engine:info',
    inScope: 'container:list',
    isUnversioned: true,
  }),
  GantryTopology: read({ method: 'GET', path: '/gantry/topology', permission: 'host:view', inScope: 'network:list', isUnversioned: true }),
  GantryTopologyProbe: act({
    method: 'POST',
    path: '/gantry/containers/{id}/probe',
    permission: 'container:exec',
    body: topologyProbe,
    refs: [inPath('container')],
    onDisconnect: 'cancel',
    isUnversioned: true,
  }),
};
