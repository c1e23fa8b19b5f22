import type { Labels, Resource } from '@gantry/access';
import { decide, type Rights, selects } from '@gantry/access';
import { Injectable } from '@nestjs/common';
import { Fleet } from '../fleet/fleet.ts';
import type { PlainRow } from '../fleet/plain-row.ts';
import { HostDirectory, type KnownHost } from '../hosts/host-directory.ts';

export type ObjectKind = Exclude<Resource['kind'], 'installation' | 'host'>;

/** What an engine says of one of its objects. */
export interface ObjectFacts {
  readonly kind: ObjectKind;
  readonly id: string;
  readonly labels?: Labels;
  /** There are more labels than these. */
  readonly isTruncated?: boolean;
}

/** Labels below it are written by the server alone: what it stamps on whatever somebody creates whose rights are bound to labels or a stack. */
export const stampPrefix = 'gantry.label.';
export const stackStamp = 'gantry.stack';
const composeProject = 'com.docker.compose.project';

export function hostResource({ id: host, groups, labels }: Pick<KnownHost, 'id' | 'groups' | 'labels'>): Resource {
  return { kind: 'host', host, groups, labels };
}

/** Something on a host as the decision sees it. Of labels with the same key the host's win, then those that the server stamped. */
export function objectResource(
  host: Pick<KnownHost, 'id' | 'groups' | 'labels'>,
  { kind, id, labels: own = {}, isTruncated = false }: ObjectFacts,
): Resource {
  const stamped = Object.entries(own).flatMap(([key, value]) =>
    key.startsWith(stampPrefix) ? [[key.slice(stampPrefix.length), value]] : [],
  );
  const labels: Labels = { ...own, ...(Object.fromEntries(stamped) as Labels), ...host.labels };
  const stack = own[stackStamp] ?? own[composeProject];
  return {
    kind,
    id,
    host: host.id,
    groups: host.groups,
    labels,
    ...(stack === undefined || stack === '' ? {} : { stack }),
    ...(isTruncated ? { hasMoreLabels: true } : {}),
  };
}

/**
 * What somebody wants to touch, from what the server knows of hosts and containers: the one place where a decision's object is made, for REST,
 * lists, sockets and the engine door alike. A host or container that is not known stands there without groups and labels.
 */
@Injectable()
export class Resources {
  constructor(
    private readonly hosts: HostDirectory,
    private readonly fleet: Fleet,
  ) {}

  host(hostId: string): Resource {
    return hostResource(this.#host(hostId));
  }

  container(hostId: string, containerId: string): Resource {
    const row = this.fleet.rowOf(hostId, containerId);
    return row ? this.row(row) : this.object(hostId, { kind: 'container', id: containerId });
  }

  /** A container by its id, the start of it or its name, as far as the fleet knows it. */
  named(hostId: string, name: string): Resource {
    const rows = this.fleet.rowsOf(hostId);
    const exact = rows.find((row) => row.id === name || row.name === name);
    const starting = rows.filter(({ id }) => name.length >= 4 && id.startsWith(name));
    const found = exact ?? (starting.length === 1 ? starting[0] : undefined);
    return found ? this.row(found) : this.object(hostId, { kind: 'container', id: name });
  }

  row({ host, id, labels, isTruncated }: Pick<PlainRow, 'host' | 'id' | 'labels' | 'isTruncated'>): Resource {
    return this.object(host, { kind: 'container', id, labels, isTruncated });
  }

  /** An object that an engine has told of; with the labels that it would have, for one that is to be made. */
  object(hostId: string, facts: ObjectFacts): Resource {
    return objectResource(this.#host(hostId), facts);
  }

  stack(hostId: string, project: string): Resource {
    return this.object(hostId, { kind: 'stack', id: project, labels: { [stackStamp]: project } });
  }

  /** Whether the rights reach the host or anything on it: for anybody else it is not there. */
  sees(rights: Rights, hostId: string): boolean {
    const host = this.hosts.find(hostId);
    if (!host) return false;
    if (decide(rights, 'host:view', hostResource(host))) return true;
    return this.fleet.rowsOf(hostId).some((row) => decide(rights, 'container:list', this.row(row))) || mayCreateOn(rights, host);
  }

  #host(id: string): Pick<KnownHost, 'id' | 'groups' | 'labels'> {
    return this.hosts.place(id) ?? { id, groups: [], labels: {} };
  }
}

/** Somebody whose rights are bound to a stack or to labels works on a host before anything of theirs is there. */
function mayCreateOn(rights: Rights, host: KnownHost): boolean {
  const projects = rights.grants.flatMap(({ scope }) => (scope.kind === 'stack' && scope.host === host.id ? [scope.project] : []));
  const isMeant = rights.grants.some(({ scope }) => scope.kind === 'labels' && selects(scope.selector, host.labels));
  const facts = projects.map((project): ObjectFacts => ({ kind: 'stack', id: project, labels: { [stackStamp]: project } }));
  const all = isMeant ? [...facts, { kind: 'container', id: '' } as const] : facts;
  return all.some((one) => decide(rights, 'container:list', objectResource(host, one)));
}
