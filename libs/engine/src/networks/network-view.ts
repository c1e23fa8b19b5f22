import { Failure } from '@gantry/base';
import { type ApiVersion, type Filters, messages } from '@gantry/engine-api';
import { hasLabel } from '../containers/list-containers.ts';
import { isDefaultBridge, isMasqueraded, mayTalk, type Network, option, predefined } from './network.ts';
import type { NetworkMember } from './networks.ts';

/** A network as the API shows it. */
export function networkView(network: Network, members: readonly NetworkMember[], version: ApiVersion): object {
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt,
    Scope: 'local',
    Driver: network.driver,
    ...(version.atLeast('1.48') && { EnableIPv4: network.hasIpv4 && !['host', 'none'].includes(network.name) }),
    EnableIPv6: network.hasIpv6,
    IPAM: { Driver: 'default', Options: predefined.has(network.name) ? null : {}, Config: network.pools.map(poolView) },
    Internal: network.isInternal,
    Attachable: network.isAttachable,
    Ingress: false,
    ConfigFrom: { Network: network.configFrom ?? '' },
    ConfigOnly: network.isConfigOnly,
    Containers: Object.fromEntries(members.map((member) => [member.container, memberView(member)])),
    Options: isDefaultBridge(network) ? defaultOptions(network) : network.options,
    Labels: network.labels,
  };
}

function poolView({ subnet, range, gateway, reserved }: Network['pools'][number]): object {
  const hasReserved = Object.keys(reserved).length > 0;
  return {
    Subnet: subnet,
    ...(range !== undefined && { IPRange: range }),
    ...(gateway !== '' && { Gateway: gateway }),
    ...(hasReserved && { AuxiliaryAddresses: reserved }),
  };
}

function memberView({ name, endpoint }: NetworkMember): object {
  const { ipv4, ipv6 } = endpoint;
  return {
    Name: name,
    EndpointID: endpoint.endpointId,
    MacAddress: endpoint.macAddress,
    IPv4Address: ipv4 ? `${ipv4.address}/${ipv4.prefixLength}` : '',
    IPv6Address: ipv6 ? `${ipv6.address}/${ipv6.prefixLength}` : '',
  };
}

function defaultOptions(network: Network): Record<string, string> {
  return {
    'com.docker.network.bridge.default_bridge': 'true',
    [option.talk]: String(mayTalk(network)),
    [option.masquerade]: String(isMasqueraded(network)),
    [option.bindAddress]: network.options[option.bindAddress] ?? '0.0.0.0',
    [option.bridgeName]: network.bridge,
    [option.mtu]: String(network.mtu ?? 1500),
  };
}

/** What `filters` of a list let through. Fails with `invalid` for a value that a key does not know. */
export function networkFilter(filters: Filters, membersOf: (network: Network) => readonly unknown[]): (network: Network) => boolean {
  const type = filters.get('type')?.[0];
  if (type !== undefined && type !== 'custom' && type !== 'builtin')
    throw new Failure('invalid', messages.invalidFilterValue('type', [type]));
  const dangling = filters.get('dangling')?.map(isTrue);
  const any = (key: string, matches: (value: string) => boolean): boolean => filters.get(key)?.some(matches) ?? true;
  return (network) =>
    any('id', (id) => network.id.startsWith(id)) &&
    any('name', (name) => network.name.includes(name)) &&
    any('idOrName', (text) => network.id.startsWith(text) || network.name === text) &&
    any('driver', (driver) => network.driver === driver) &&
    any('scope', (scope) => scope === 'local') &&
    any('type', () => predefined.has(network.name) === (type === 'builtin')) &&
    (filters.get('label') ?? []).every((label) => hasLabel(network.labels, label)) &&
    (dangling ?? []).every((wanted) => (!predefined.has(network.name) && membersOf(network).length === 0) === wanted);
}

function isTrue(value: string): boolean {
  if (['1', 'true'].includes(value)) return true;
  if (['0', 'false'].includes(value)) return false;
  throw new Failure('invalid', messages.invalidFilterValue('dangling', [value]));
}
