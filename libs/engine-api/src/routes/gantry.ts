import { containerCreate } from './bodies/container-create.ts';
import { topologyProbe } from './bodies/topology.ts';
import { createReferences } from './containers.ts';
import { act, inBody, inPath, needing, read } from './route.ts';

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
  /** A new container in place of one that is there, which comes back where the new one does not run. The agent of a host does it, whatever its engine. */
  ContainerRecreate: act({
    method: 'POST',
    path: '/gantry/containers/{id}/recreate',
    permission: 'container:create',
    creates: 'container',
    query: { name: 'text', platform: 'text', start: 'flag-on' },
    body: containerCreate,
    // The new one is started, and where it ends at once, its last words are told: `docker rm`, `docker start` and `docker logs` in one.
    refs: [
      inPath('container'),
      ...(['container:remove', 'container:start', 'container:logs'] as const).map((needed) => needing(needed, inPath('container'))),
      ...createReferences,
    ],
    effect: 'repeat-unsafe',
    isUnversioned: true,
    refusal: {
      status: 501,
      message: 'a container is recreated by the agent of its host, not by its engine',
      reason: 'The sequence is the same for every engine: it is made of requests that each of them knows, and stands in front of it.',
    },
  }),
};
