import { elevatedFields, isPermission, type Permission, permissionsOnHost } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { Route } from '@gantry/engine-api';
import type { Creating } from './as-created.ts';
import type { GuardedCall } from './guarded-call.ts';
import type { Named } from './references.ts';
import { isRevealing } from './revealing.ts';
import type { Sight } from './sight.ts';
import type { Thing } from './thing.ts';

/** Refuses at once what the caller may do nowhere on the host, whatever it is about; `engine:none` is held by nobody. */
export function refuseHopeless({ permission, inScope }: Route, sight: Sight): void {
  const isHeld = isPermission(permission) && sight.maySomewhere(permission);
  if (!isHeld && !(inScope !== undefined && isPermission(inScope) && sight.maySomewhere(inScope))) throw needed(permission);
}

/**
 * Refuses (`forbidden`) unless everything that the request names, and what it makes as it would be, is within the caller's rights, and every field
 * that needs more than them. Answers with those fields.
 */
export function refuseForbidden({ call, created }: Creating, named: readonly Named[], sight: Sight): readonly string[] {
  const { route } = call;
  for (const one of named) allowNamed(one, route, sight);
  if (isRevealing(call)) for (const { thing } of named) allow(sight.may('env:reveal', thing), 'env:reveal');
  if (created) allow(sight.may(permissionOf(route), created), route.permission);
  const isAboutNothing = !created && named.every(({ reference }) => reference.needs !== undefined);
  if (isAboutNothing) allow(sight.may(permissionOf(route)) || isEnoughInScope(route, sight), route.permission);
  const asked = { route: route.name, query: call.query.values, body: call.body?.value };
  for (const permission of permissionsOnHost(asked)) allow(sight.may(permission), permission);
  if (!sight.mayEverywhere('image:pull')) refuseLoosePull(call);
  const elevated = elevatedFields(asked);
  if (elevated.length > 0 && !sight.may('container:elevated'))
    throw new Failure('forbidden', `container:elevated is needed for ${elevated.join(', ')}`);
  return elevated;
}

function allowNamed({ reference, thing }: Named, route: Route, sight: Sight): void {
  const needs = reference.needs ?? permissionOf(route);
  if (!isPermission(needs)) throw needed(needs);
  if (sight.may(needs, thing)) return;
  // Images belong to no stack: those that somebody sees in their part of a host, they may use there.
  const isSeenImage = thing.kind === 'image' && (reference.needs === undefined ? isEnoughInScope(route, sight) : sight.maySomewhere(needs));
  if (!isSeenImage) throw needed(needs);
}

function isEnoughInScope({ inScope }: Route, sight: Sight): boolean {
  return inScope !== undefined && isPermission(inScope) && sight.maySomewhere(inScope);
}

const bridge: Thing = { kind: 'network', id: 'bridge', name: 'bridge', labels: {} };

/** The default bridge joins containers of all stacks: who may not connect there has to name a network of their own. */
export function refuseDefaultBridge({ route, body }: GuardedCall, sight: Sight): void {
  if (route.creates !== 'container') return;
  const { HostConfig, NetworkDisabled } = (body?.value ?? {}) as { HostConfig?: { NetworkMode?: string }; NetworkDisabled?: boolean };
  const isDefault = ['', 'default', 'bridge'].includes(HostConfig?.NetworkMode ?? '');
  if (!isDefault || NetworkDisabled === true || sight.may('network:connect', bridge)) return;
  throw new Failure('forbidden', 'the default bridge of this host is not shared by its stacks: name a network of your own');
}

/** Whoever may not pull in general gets exactly one image by its reference, with their own credentials. */
function refuseLoosePull({ route, query }: GuardedCall): void {
  if (route.name !== 'ImageCreate') return;
  const { fromImage = '', tag = '' } = query.values as { fromImage?: string; tag?: string };
  const isExact = fromImage !== '' && (tag !== '' || /[:@][^/]*$/.test(fromImage));
  if (!isExact) throw new Failure('forbidden', 'image:pull is needed for this: without it an image is pulled by its exact reference');
}

function permissionOf({ permission }: Route): Permission {
  if (!isPermission(permission)) throw needed(permission);
  return permission;
}

function allow(isAllowed: boolean, permission: string): void {
  if (!isAllowed) throw needed(permission);
}

function needed(permission: string): Failure {
  return new Failure('forbidden', `${permission} is needed for this`);
}
