import type { Resource } from '@gantry/access';
import { hostResource, objectResource, stackStamp, stampPrefix } from '../access/resources.ts';
import type { KnownHost } from '../hosts/host-directory.ts';
import type { Thing } from './thing.ts';

export { stackStamp, stampPrefix };
export const composeProject = 'com.docker.compose.project';

/** Where something stands, for the decision. */
export function thingOn(host: KnownHost, { kind, id, labels }: Omit<Thing, 'name'>): Resource {
  return objectResource(host, { kind, id, labels });
}

export function hostItself(host: KnownHost): Resource {
  return hostResource(host);
}

/** The host without its labels: a grant by labels does not reach whatever is on it or will be. */
export function everythingOn(host: KnownHost): Resource {
  return hostResource({ ...host, labels: {} });
}
