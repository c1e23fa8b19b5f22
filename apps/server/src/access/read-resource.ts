import { installation, type Resource, type Rights } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { HostDirectory } from '../hosts/host-directory.ts';
import type { ObjectKind, Resources } from './resources.ts';

/** An object that somebody has named. */
export interface NamedResource {
  readonly resource: Resource;
  /** As it was named, with the id of its host. */
  readonly text: string;
  /** Undefined for the installation. */
  readonly hostId?: string;
}

const objectKinds: readonly string[] = ['container', 'image', 'network', 'volume', 'stack'] satisfies ObjectKind[];

/**
 * Reads `installation`, `host/<host>` or `<kind>/<host>/<name>`, where a host is an id or a name. `invalid` for anything else, `not-found` for a
 * host that the rights do not see.
 */
export function readResource(
  text: string,
  seenBy: Rights,
  { hosts, resources }: { readonly hosts: HostDirectory; readonly resources: Resources },
): NamedResource {
  if (text === 'installation') return { resource: installation, text };
  const [kind = '', hostName = '', ...rest] = text.split('/');
  const host = hosts.find(hostName) ?? hosts.all.find(({ name }) => name === hostName);
  if (kind !== 'host' && !objectKinds.includes(kind))
    throw new Failure('invalid', `resource ${text}: it is installation, host/<host> or ${objectKinds.join('|')}/<host>/<name>`);
  if (!host || !resources.sees(seenBy, host.id)) throw new Failure('not-found', `no such host: ${hostName}`);
  const id = rest.join('/');
  if (kind === 'host') return { resource: resources.host(host.id), text: `host/${host.id}`, hostId: host.id };
  if (id === '') throw new Failure('invalid', `resource ${text}: the name of the ${kind} is missing`);
  const named = { text: `${kind}/${host.id}/${id}`, hostId: host.id };
  if (kind === 'container') return { resource: resources.named(host.id, id), ...named };
  if (kind === 'stack') return { resource: resources.stack(host.id, id), ...named };
  return { resource: resources.object(host.id, { kind: kind as ObjectKind, id }), ...named };
}
