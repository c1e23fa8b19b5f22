import { topologyProbe } from './bodies/topology.ts';
import { act, inBody, read } from './route.ts';

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
    path: '/gantry/topology/probe',
    permission: 'container:exec',
    body: topologyProbe,
    refs: [inBody('container', 'Container')],
    onDisconnect: 'cancel',
    isUnversioned: true,
  }),
};
