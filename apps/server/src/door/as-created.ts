import { Failure } from '@gantry/base';
import type { GuardedCall } from './guarded-call.ts';
import type { HostThings } from './host-things.ts';
import { stampPrefix } from './place.ts';
import { bytesOf, type Named, type Resolved } from './references.ts';
import { labelsToStamp, placingLabels } from './scope-labels.ts';
import type { Thing } from './thing.ts';

type Labels = Readonly<Record<string, string>>;

interface Body {
  readonly Name?: string;
  readonly Labels?: Labels;
  readonly HostConfig?: { readonly Mounts?: readonly Mount[] };
}

interface Mount {
  readonly Type?: string;
  readonly Source?: string;
  readonly VolumeOptions?: { readonly Labels?: Labels };
}

/** A request that makes something, with what it makes as it will be: the permission is decided on that. */
export interface Creating {
  readonly call: GuardedCall;
  readonly created: Thing | undefined;
}

/**
 * Adds the labels of the caller's part of the host to what they make, where the whole host is not theirs. Labels of an image place no container: who
 * makes images does not say whose the containers are. `keys` are those that grants by labels go by. A volume that is there already is decided on as it is; a name that somebody else's has is a `conflict`.
 */
export async function asCreated({ call, named }: Resolved, things: HostThings, keys: ReadonlySet<string>): Promise<Creating> {
  const { creates, permission } = call.route;
  if (creates === undefined || permission === 'engine:none') return { call, created: undefined };
  const body = (call.body?.value ?? {}) as Body;
  const existing = creates === 'volume' && body.Name !== undefined && body.Name !== '' ? await things.findVolume(body.Name) : undefined;
  if (existing && !things.sight.sees(existing))
    throw new Failure('conflict', `Conflict. The volume name ${existing.name} is already in use`);
  if (existing) return { call, created: existing };
  const image = named.find(({ reference, thing }) => reference.at === 'Image' && thing.kind === 'image')?.thing;
  const kept = placeOfReplaced(named, call);
  const own = { ...withoutPlace(image?.labels ?? {}, { keys, given: body.Labels ?? {} }), ...body.Labels, ...kept };
  const { sight } = things;
  const isPlaced = Object.keys(kept).length > 0;
  const parts = isPlaced || sight.mayEverywhere(permission) ? [] : sight.partsWith(permission);
  const stamp = labelsToStamp(own, parts, { host: sight.host, permission });
  const added = { ...own, ...stamp };
  const created: Thing = { kind: creates, id: '', name: '', labels: { ...image?.labels, ...added } };
  return {
    call:
      Object.keys(added).length === 0 ? call : stamped(call, body, { labels: { ...body.Labels, ...added }, stamp: { ...kept, ...stamp } }),
    created,
  };
}

/** A container that takes the place of another is where that was, whoever does it: the server's stamps go over. */
function placeOfReplaced(named: readonly Named[], { route }: GuardedCall): Labels {
  if (route.name !== 'ContainerRecreate') return {};
  const replaced = named.find(({ reference }) => reference.object === 'container' && reference.in === 'path')?.thing;
  return Object.fromEntries(Object.entries(replaced?.labels ?? {}).filter(([name]) => name.startsWith('gantry.')));
}

interface Placing {
  readonly keys: ReadonlySet<string>;
  /** Labels that the request itself sets: they count. */
  readonly given: Labels;
}

/** Empty values for what an image says of the place of its containers: a stamp of the server counts before the label that is inherited. */
function withoutPlace(labels: Labels, { keys, given }: Placing): Labels {
  const names = Object.keys(labels);
  const stamps = names.filter((name) => keys.has(name) && !Object.hasOwn(given, name)).map((name) => `${stampPrefix}${name}`);
  return Object.fromEntries([...names.filter(placingLabels), ...stamps].map((name) => [name, '']));
}

function stamped(call: GuardedCall, body: Body, { labels, stamp }: { labels: Labels; stamp: Labels }): GuardedCall {
  const mounts = body.HostConfig?.Mounts?.map((mount) => (isUnnamedVolume(mount) ? withLabels(mount, stamp) : mount));
  const host = mounts === undefined ? {} : { HostConfig: { ...body.HostConfig, Mounts: mounts } };
  const value = { ...body, ...host, Labels: labels };
  return { ...call, body: { value, bytes: bytesOf(value), dropped: call.body?.dropped ?? [] } };
}

function isUnnamedVolume({ Type, Source = '' }: Mount): boolean {
  return Type === 'volume' && Source === '';
}

function withLabels(mount: Mount, stamp: Labels): Mount {
  return { ...mount, VolumeOptions: { ...mount.VolumeOptions, Labels: { ...mount.VolumeOptions?.Labels, ...stamp } } };
}
