import { decide, elevatedFields, isPermission, type Permission, permissionsOf, type Resource, type Rights } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { Reference, Route } from '@gantry/engine-api';
import type { Resolved } from './references.ts';

/** What it takes to name an object in the body of a request about another one. */
const toMention: Readonly<Record<Reference['object'], Permission>> = {
  container: 'container:view',
  image: 'image:use',
  network: 'network:connect',
  volume: 'volume:list',
  exec: 'container:exec',
  plugin: 'container:elevated',
  'swarm-object': 'container:elevated',
};

/** Refuses at once what the caller may do nowhere; `engine:none` is held by nobody. */
export function refuseHopeless(route: Route, rights: Rights): Permission {
  const { permission } = route;
  if (!isPermission(permission) || !permissionsOf(rights).includes(permission))
    throw new Failure('forbidden', `${permission} is needed for this`);
  return permission;
}

/** Refuses (`forbidden`) unless every object that the request names is within the caller's rights, and every field that needs more than them. */
export function refuseForbidden(
  { call, objects }: Resolved,
  sight: { rights: Rights; host: Resource & { kind: 'host' } },
): readonly string[] {
  const { rights, host } = sight;
  const permission = refuseHopeless(call.route, rights);
  const subject = objects.find(({ id }) => Object.values(call.path).includes(id));
  allow(rights, permission, subject ? resourceOf(subject, host) : host);
  for (const object of objects) if (object !== subject) allow(rights, toMention[object.object], resourceOf(object, host));
  const elevated = elevatedFields({ route: call.route.name, query: call.query.values, body: call.body?.value });
  if (elevated.length > 0 && !decide(rights, 'container:elevated', host)) {
    throw new Failure('forbidden', `container:elevated is needed for ${elevated.join(', ')}`);
  }
  return elevated;
}

function allow(rights: Rights, permission: Permission, resource: Resource): void {
  if (!decide(rights, permission, resource)) throw new Failure('forbidden', `${permission} is needed for this`);
}

function resourceOf({ object, id }: { object: Reference['object']; id: string }, host: Resource & { kind: 'host' }): Resource {
  if (object === 'plugin' || object === 'swarm-object') return host;
  return { ...host, kind: object, id };
}
