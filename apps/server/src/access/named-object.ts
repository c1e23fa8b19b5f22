import { Failure } from '@gantry/base';
import type { KnownHost } from '../hosts/host-directory.ts';
import type { AccessAsStored } from './access-as-stored.ts';
import { whatThereIs } from './nearest-names.ts';

/** An object that somebody has named at the server's machine. */
export interface NamedObject {
  /** As `ExplainService` reads it, by ids. */
  readonly resource: string;
  /** For people, by names. */
  readonly title: string;
  /** What the answer cannot know of it. */
  readonly note?: string;
}

const kinds = ['container', 'image', 'network', 'volume', 'stack'];
const shortestId = 4;

/** Finds what `installation`, `host/<host>` or `<kind>/<host>/<name>` names. `invalid` for what is not there, with what is. */
export function findObject(text: string, access: AccessAsStored): NamedObject {
  if (text === 'installation') return { resource: text, title: text };
  const [kind = '', hostName = '', ...rest] = text.split('/');
  const name = rest.join('/');
  if (kind === 'host' ? hostName === '' || name !== '' : !kinds.includes(kind) || name === '')
    throw new Failure('invalid', `object ${text}: it is installation, host/<host> or ${kinds.join('|')}/<host>/<name>`);
  const host = findHost(hostName, access.hosts.all);
  if (kind === 'host') return { resource: `host/${host.id}`, title: `host/${host.name}` };
  if (kind === 'container') return findContainer(name, host, access);
  const object = { resource: `${kind}/${host.id}/${name}`, title: `${kind}/${host.name}/${name}` };
  return { ...object, ...(kind === 'stack' ? noteOfStack(name, host, access) : {}) };
}

function findHost(name: string, hosts: readonly KnownHost[]): KnownHost {
  const byId = hosts.find(({ id }) => id === name.toLowerCase());
  const [found, ...more] = byId ? [byId] : hosts.filter((host) => host.name === name);
  const names = hosts.map((host) => host.name);
  if (!found) throw new Failure('invalid', `no such host: ${name}; ${whatThereIs(name, names)}`);
  if (more.length === 0) return found;
  throw new Failure('invalid', `several hosts are called ${name}: ${[found, ...more].map(({ id }) => id).join(', ')}`);
}

/** By its id, the start of it or its name: one that the server does not know has no labels and no stack, and the answer would be about something else. */
function findContainer(name: string, host: KnownHost, { fleet }: AccessAsStored): NamedObject {
  const rows = fleet.rowsOf(host.id);
  const exact = rows.filter((row) => row.id === name || row.name === name);
  const [found, ...more] = exact.length > 0 ? exact : rows.filter(({ id }) => name.length >= shortestId && id.startsWith(name));
  const names = rows.map((row) => row.name);
  if (!found) throw new Failure('invalid', `no such container on ${host.name}: ${name}; ${whatThereIs(name, names)}`);
  if (more.length > 0) throw new Failure('invalid', `several containers on ${host.name} begin with ${name}: name more of the id`);
  return { resource: `container/${host.id}/${found.id}`, title: `container/${host.name}/${found.name}` };
}

/** Somebody may make a stack before it is there, so its name is never wrong. */
function noteOfStack(project: string, host: KnownHost, { fleet, resources, rights }: AccessAsStored): { note?: string } {
  const running = fleet.rowsOf(host.id).flatMap((row) => stackIn(resources.row(row)) ?? []);
  const granted = rights.all.flatMap(({ scope }) => (scope.kind === 'stack' && scope.host === host.id ? [scope.project] : []));
  const known = [...new Set([...running, ...granted])];
  if (known.includes(project)) return {};
  return { note: `no stack ${project} is known on ${host.name} yet; ${whatThereIs(project, known)}` };
}

function stackIn(resource: ReturnType<AccessAsStored['resources']['row']>): string | undefined {
  return 'stack' in resource ? resource.stack : undefined;
}
