import { engineOn } from '../../api/engine.ts';
import type { ObjectRow } from '../lists/use-object-list.ts';

export interface Pool {
  readonly subnet: string;
  readonly gateway: string;
  readonly range: string;
}

export interface NetworkRow extends ObjectRow {
  readonly id: string;
  readonly driver: string;
  readonly scope: string;
  readonly pools: readonly Pool[];
  readonly isInternal: boolean;
  readonly hasIpv6: boolean;
  readonly createdAtMs: number;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Every engine has it, and it stays. */
  readonly isPredefined: boolean;
}

export interface Endpoint {
  readonly container: string;
  readonly name: string;
  readonly mac: string;
  /** With prefix length. */
  readonly ipv4: string;
  readonly ipv6: string;
}

export interface NetworkDetails extends NetworkRow {
  readonly endpoints: readonly Endpoint[];
}

interface Network {
  readonly Id: string;
  readonly Name: string;
  readonly Driver: string;
  readonly Scope?: string;
  readonly Created?: string;
  readonly Internal?: boolean;
  readonly EnableIPv6?: boolean;
  readonly IPAM?: {
    readonly Config?: readonly { readonly Subnet?: string; readonly Gateway?: string; readonly IPRange?: string }[] | null;
  };
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Containers?: Readonly<
    Record<string, { readonly Name?: string; readonly MacAddress?: string; readonly IPv4Address?: string; readonly IPv6Address?: string }>
  > | null;
}

const predefined = new Set(['bridge', 'host', 'none', 'podman']);

export async function listNetworks(host: string, signal: AbortSignal): Promise<readonly NetworkRow[]> {
  const answer = await engineOn(host).call('NetworkList', {}, signal);
  return (await answer.json<Network[]>()).map((network) => rowOf(host, network));
}

export async function inspectNetwork(host: string, id: string, signal: AbortSignal): Promise<NetworkDetails> {
  const network = await (await engineOn(host).call('NetworkInspect', { path: { id } }, signal)).json<Network>();
  const endpoints = Object.entries(network.Containers ?? {}).map(([container, found]) => ({
    container,
    name: found.Name ?? '',
    mac: found.MacAddress ?? '',
    ipv4: found.IPv4Address ?? '',
    ipv6: found.IPv6Address ?? '',
  }));
  return { ...rowOf(host, network), endpoints: endpoints.sort((a, b) => a.name.localeCompare(b.name)) };
}

function rowOf(host: string, network: Network): NetworkRow {
  return {
    ...{ key: `${host}/${network.Id}`, host, name: network.Name, id: network.Id, driver: network.Driver, scope: network.Scope ?? 'local' },
    pools: (network.IPAM?.Config ?? []).map(({ Subnet = '', Gateway = '', IPRange = '' }) => ({
      subnet: Subnet,
      gateway: Gateway,
      range: IPRange,
    })),
    isInternal: network.Internal ?? false,
    hasIpv6: network.EnableIPv6 ?? false,
    createdAtMs: network.Created ? Date.parse(network.Created) : NaN,
    options: network.Options ?? {},
    labels: network.Labels ?? {},
    isPredefined: predefined.has(network.Name),
  };
}

export interface NewNetwork {
  readonly name: string;
  readonly driver: string;
  readonly pools: readonly Pool[];
  readonly isInternal: boolean;
  readonly hasIpv6: boolean;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** Resolves with its id. */
export async function createNetwork(host: string, wish: NewNetwork): Promise<string> {
  const body = {
    ...{ Name: wish.name, Driver: wish.driver, Internal: wish.isInternal, EnableIPv6: wish.hasIpv6 },
    ...(wish.pools.length ? { IPAM: { Driver: 'default', Config: wish.pools.map(poolOf) } } : {}),
    ...{ Options: wish.options, Labels: wish.labels },
  };
  return (await (await engineOn(host).call('NetworkCreate', { body })).json<{ Id: string }>()).Id;
}

function poolOf({ subnet, gateway, range }: Pool): Record<string, string> {
  return { Subnet: subnet, ...(gateway ? { Gateway: gateway } : {}), ...(range ? { IPRange: range } : {}) };
}

export async function removeNetwork({ host, id }: Pick<NetworkRow, 'host' | 'id'>): Promise<void> {
  await engineOn(host).call('NetworkDelete', { path: { id } });
}

export interface Connection {
  readonly network: string;
  readonly container: string;
  readonly address: string;
  readonly aliases: readonly string[];
}

export async function connectNetwork(host: string, { network, container, address, aliases }: Connection): Promise<void> {
  const family = address.includes(':') ? 'IPv6Address' : 'IPv4Address';
  const settings = { ...(address ? { IPAMConfig: { [family]: address } } : {}), ...(aliases.length ? { Aliases: aliases } : {}) };
  await engineOn(host).call('NetworkConnect', { path: { id: network }, body: { Container: container, EndpointConfig: settings } });
}

export async function disconnectNetwork(host: string, network: string, container: string): Promise<void> {
  await engineOn(host).call('NetworkDisconnect', { path: { id: network }, body: { Container: container } });
}
