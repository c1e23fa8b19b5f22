import { elevatedFields } from '@gantry/access';
import { type BodyOf, type RouteName, routeTable } from '@gantry/engine-api';
import type { CheckedRequest } from './checked-request.ts';
import type { Policy, PolicyKey } from './policy.ts';

/** A part of a request that the policy forbids, and the setting that does. */
export interface Excess {
  readonly field: string;
  readonly key: PolicyKey;
  /** Why, where it is not that the setting is false or its list does not name this. */
  readonly why?: string;
}

/** The setting that allows a field; what is not named here is `otherElevated`, what a later version of the rules names included. */
const keyOf: Readonly<Partial<Record<string, PolicyKey>>> = {
  Privileged: 'privileged',
  CapAdd: 'capabilities',
  Devices: 'devices',
  DeviceRequests: 'devices',
  DeviceCgroupRules: 'devices',
  BlkioWeightDevice: 'devices',
  NetworkMode: 'hostNamespaces',
  PidMode: 'hostNamespaces',
  IpcMode: 'hostNamespaces',
  UTSMode: 'hostNamespaces',
  UsernsMode: 'hostNamespaces',
  CgroupnsMode: 'hostNamespaces',
  Cgroup: 'hostNamespaces',
  networkmode: 'hostNamespaces',
};

/** Fields that name paths of the host: `exceedingPaths` judges what is in them. */
const pathFields: Readonly<Partial<Record<RouteName, readonly string[]>>> = {
  ContainerCreate: ['Binds', 'Mounts', 'VolumesFrom'],
  // What is in them is judged when the container is created on the way.
  ContainerRecreate: ['Binds', 'Mounts', 'VolumesFrom'],
  ContainerUpdate: ['Binds', 'Mounts', 'VolumesFrom'],
  VolumeCreate: ['Driver', 'DriverOpts'],
};

/** Fields of a container that tell what whoever reaches into it can do to the host. Others of an inspect are defaults of the engine. */
const reachedFields = [
  'Privileged',
  'CapAdd',
  'Devices',
  'DeviceRequests',
  'DeviceCgroupRules',
  'NetworkMode',
  'PidMode',
  'IpcMode',
  'UTSMode',
];

/** Plugins and swarm services give power over the host in many more ways than containers. */
const isBeyondContainers = ({ route }: Pick<CheckedRequest, 'route'>): boolean =>
  route.permission === 'engine:none' && route.effect !== 'none';

/** What a container that is there already has beyond the policy, apart from paths: the server reaches into no container with more than it could make. */
export function excessOfContainer(hostConfig: Readonly<Record<string, unknown>>, policy: Policy): Excess[] {
  const given = reachedFields.filter((field) => hostConfig[field] !== undefined && hostConfig[field] !== null);
  const HostConfig = Object.fromEntries(given.map((field) => [field, hostConfig[field]]));
  return excessOf(
    { route: { ...routeTable.ContainerCreate, name: 'ContainerCreate' }, path: {}, query: {}, unknown: [], body: { HostConfig } },
    policy,
  );
}

/** What a request asks for beyond the policy, apart from paths of the host: the same fields for which the server wants `container:elevated`. */
export function excessOf(checked: Omit<CheckedRequest, 'forwarded'>, policy: Policy): Excess[] {
  const { route, query, body, unknown } = checked;
  const excess: Excess[] = [];
  const refuse = (field: string, key: PolicyKey): void => {
    if (!policy.elevatedContainers) excess.push({ field, key: 'elevatedContainers' });
    else if (policy[key] === false) excess.push({ field, key });
  };
  if (isBeyondContainers(checked)) refuse(`${route.method} ${route.path}`, 'otherElevated');
  for (const field of unknown) refuse(field, 'otherElevated');
  for (const field of elevatedFields({ route: route.name, query, body })) {
    if (pathFields[route.name]?.includes(field) && policy.elevatedContainers) continue;
    const key = keyOf[field] ?? 'otherElevated';
    if (key === 'capabilities' && Array.isArray(policy.capabilities) && policy.elevatedContainers)
      excess.push(...foreignCapabilities(body as BodyOf<'ContainerCreate'>, policy.capabilities));
    else refuse(field, key);
  }
  return excess;
}

function foreignCapabilities({ HostConfig, ...update }: BodyOf<'ContainerCreate'>, allowed: readonly string[]): Excess[] {
  const { CapAdd = [] } = HostConfig ?? (update as { CapAdd?: string[] });
  return CapAdd.filter((name) => !allowed.includes(name.toUpperCase().replace(/^CAP_/, ''))).map((name) => ({
    field: `CapAdd ${name}`,
    key: 'capabilities',
  }));
}
