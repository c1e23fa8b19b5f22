import { decide, elevatedFields, type Grant, isPermission, type Permission, permissionsOf, type Resource } from '@gantry/access';
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
export function refuseHopeless(route: Route, grants: readonly Grant[]): Permission {
  const { permission } = route;
  if (!isPermission(permission) || !permissionsOf(grants).includes(permission))
    throw new Failure('forbidden', `${permission} is needed for this`);
  return permission;
}

/** Refuses (`forbidden`) unless every object that the request names is within the caller's rights, and every field that needs more than them. */
export function refuseForbidden({ call, objects }: Resolved, sight: { grants: readonly Grant[]; host: string }): readonly string[] {
  const { grants, host } = sight;
  const permission = refuseHopeless(call.route, grants);
  const subject = objects.find(({ id }) => Object.values(call.path).includes(id));
  allow(grants, permission, subject ? resourceOf(subject, host) : { kind: 'host', host });
  for (const object of objects) if (object !== subject) allow(grants, toMention[object.object], resourceOf(object, host));
  const elevated = elevatedFields({ route: call.route.name, query: call.query.values, body: call.body?.value });
  if (elevated.length > 0 && !decide(grants, 'container:elevated', { kind: 'host', host })) {
    throw new Failure('forbidden', `container:elevated is needed for ${elevated.join(', ')}`);
  }
  return elevated;
}

function allow(grants: readonly Grant[], permission: Permission, resource: Resource): void {
  if (!decide(grants, permission, resource)) throw new Failure('forbidden', `${permission} is needed for this`);
}

function resourceOf({ object, id }: { object: Reference['object']; id: string }, host: string): Resource {
  if (object === 'plugin' || object === 'swarm-object') return { kind: 'host', host };
  return { kind: object, host, id };
}
