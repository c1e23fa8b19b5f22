import { read } from './route.ts';

/**
 * What Docker does not have. Not versioned with Docker's API: the path has no version, and a field is only ever added. A file of the noun's own holds
 * further rows (`/gantry/files`, `/gantry/topology`, `/gantry/layers`) once they exist.
 */
export const gantryRoutes = {
  GantryCapabilities: read({ method: 'GET', path: '/gantry/capabilities', permission: 'engine:info', isUnversioned: true }),
};
