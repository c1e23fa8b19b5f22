import type { Labels, Resource } from '@gantry/access';
import type { KnownHost } from '../hosts/host-directory.ts';
import type { Thing } from './thing.ts';

/** Labels below it are written by the server alone: what it stamps on whatever somebody creates whose rights are bound to labels. */
export const stampPrefix = 'gantry.scope.';
/** What Gantry writes on an object that is made in a stack by somebody who may act in that stack only. It counts before the compose project's. */
export const stackLabel = 'gantry.stack';
export const composeProject = 'com.docker.compose.project';

/** Where something stands, for the decision. Of labels with the same key the host's win, then those that the server stamped. */
export function thingOn(host: KnownHost, { kind, id, labels: own }: Omit<Thing, 'name'>): Resource {
  const stamped = Object.entries(own).flatMap(([key, value]) =>
    key.startsWith(stampPrefix) ? [[key.slice(stampPrefix.length), value]] : [],
  );
  const labels: Labels = { ...own, ...(Object.fromEntries(stamped) as Labels), ...host.labels };
  const stack = own[stackLabel] ?? own[composeProject];
  return { kind, id, host: host.id, groups: groupsOf(host), labels, ...(stack === undefined || stack === '' ? {} : { stack }) };
}

export function hostItself(host: KnownHost): Resource {
  return { kind: 'host', host: host.id, groups: groupsOf(host), labels: host.labels };
}

/** The host without its labels: a grant by labels does not reach whatever is on it or will be. */
export function everythingOn(host: KnownHost): Resource {
  return { kind: 'host', host: host.id, groups: groupsOf(host), labels: {} };
}

/** The groups that the host is in. */
function groupsOf(host: KnownHost & { readonly groups?: readonly string[] }): readonly string[] {
  return host.groups ?? [];
}
