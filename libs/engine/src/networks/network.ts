import { isIP } from 'node:net';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import * as z from 'zod';
import type { NetworkId } from '../ids.ts';
import { addressToNumber, contains, familyOf, hasRoom, isUnusable, parseSubnet, type Subnet } from './subnet.ts';

const pool = z.object({
  subnet: z.string(),
  /** Addresses are taken from here only. */
  range: z.string().optional(),
  /** The bridge's own address; '' in a configuration that names none. */
  gateway: z.string(),
  /** Name → address that is never given out. */
  reserved: z.record(z.string(), z.string()),
});

/** What is kept of a network, in `networks/<id>/network.json`. */
export const networkSchema = z.object({
  id: z.string().transform((id) => id as NetworkId),
  name: z.string(),
  driver: z.enum(['bridge', 'macvlan', 'ipvlan', 'overlay', 'host', 'null']),
  createdAt: z.string(),
  isInternal: z.boolean(),
  isAttachable: z.boolean(),
  hasIpv4: z.boolean().default(true),
  hasIpv6: z.boolean(),
  pools: z.array(pool),
  labels: z.record(z.string(), z.string()),
  options: z.record(z.string(), z.string()),
  /** The link of a bridge network, and whether it is ours to remove. */
  bridge: z.string(),
  ownsBridge: z.boolean(),
  mtu: z.number().optional(),
  /** It is settings for other networks, and no network itself. */
  isConfigOnly: z.boolean().default(false),
  /** The name of the configuration that its settings were taken from. */
  configFrom: z.string().optional(),
});

/**
 * `bridge`: a link of ours with addresses, for `overlay` with a tunnel to other hosts; `macvlan` and `ipvlan` lie upon a link of the host, which is then
 * called its bridge; `host` and `none` exist once each and have no addresses.
 */
export type Network = z.output<typeof networkSchema>;
export type NetworkPool = z.output<typeof pool>;

/** Options of dockerd's bridge driver that change what we do. */
export const option = {
  bridgeName: 'com.docker.network.bridge.name',
  masquerade: 'com.docker.network.bridge.enable_ip_masquerade',
  talk: 'com.docker.network.bridge.enable_icc',
  bindAddress: 'com.docker.network.bridge.host_binding_ipv4',
  mtu: 'com.docker.network.driver.mtu',
  ipv4: 'com.docker.network.enable_ipv4',
  ipv6: 'com.docker.network.enable_ipv6',
} as const;

/** Networks that every engine has: they are neither made nor removed. */
export const predefined: ReadonlySet<string> = new Set(['bridge', 'host', 'none']);

/** What Go's strconv.ParseBool takes. */
const trueWords: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const falseWords: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);
const isOn = (value: string | undefined): boolean => value === undefined || trueWords.has(value);
export const isMasqueraded = (network: Network): boolean => !network.isInternal && isOn(network.options[option.masquerade]);
export const mayTalk = (network: Network): boolean => isOn(network.options[option.talk]);
/** Whether its containers are on a bridge of this host, which the rules know. */
export const hasBridge = ({ driver }: Pick<Network, 'driver'>): boolean => driver === 'bridge' || driver === 'overlay';
export const hasAddresses = ({ driver }: Network): boolean => driver !== 'host' && driver !== 'null';
/** Whether it has addresses of a family for its containers. */
export const hasFamily = ({ hasIpv4, hasIpv6, isConfigOnly }: Network, family: Subnet['family']): boolean =>
  !isConfigOnly && (family === 'ipv4' ? hasIpv4 : hasIpv6);
/** Pools of the families that the network has; others that somebody named are shown and not used, as with dockerd. */
export const usedPools = (network: Network): NetworkPool[] => network.pools.filter(({ subnet }) => hasFamily(network, familyOf(subnet)));
/** What dockerd calls the address that containers have as their gateway, where that is not the bridge's own. */
export const gatewayName = { ipv4: 'DefaultGatewayIPv4', ipv6: 'DefaultGatewayIPv6' } as const;
/** Where the default route of a container goes. */
export const routerOf = ({ subnet, gateway, reserved }: NetworkPool): string => reserved[gatewayName[familyOf(subnet)]] ?? gateway;
export const isDefaultBridge = (network: Network): boolean => network.name === 'bridge';

/** Whether a network has a family: as the request says, else an option, else `otherwise`. Fails with `invalid` in dockerd's words. */
export function wantsFamily(
  asked: boolean | undefined,
  { options, name, otherwise }: { options: Readonly<Record<string, string>>; name: 'ipv4' | 'ipv6'; otherwise: boolean },
): boolean {
  const value = options[option[name]];
  if (asked !== undefined || value === undefined) return asked ?? otherwise;
  if (!trueWords.has(value) && !falseWords.has(value)) throw new Failure('invalid', `driver-opt "${option[name]}" is not a valid bool`);
  return trueWords.has(value);
}

/** Fails with `invalid` for a value that an option cannot have, in dockerd's words. */
export function checkOptions(options: Readonly<Record<string, string>>): void {
  for (const name of [option.talk, option.masquerade]) {
    const value = options[name];
    if (value === undefined || trueWords.has(value) || falseWords.has(value)) continue;
    throw new Failure(
      'invalid',
      `failed to parse ${name} value: ${value} (strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax)`,
    );
  }
  const address = options[option.bindAddress];
  if (address !== undefined && isIP(address) === 0)
    throw new Failure('invalid', `failed to parse ${option.bindAddress} value: ${address} (nil ip)`);
}

/** Fails with `invalid` where the addresses of a pool do not fit together. */
export function checkPool({ subnet, range, gateway, reserved }: NetworkPool): void {
  const whole = parseSubnet(subnet);
  if (!hasRoom(whole)) throw new Failure('invalid', `no available addresses on this pool: subnet ${subnet} is too small`);
  checkAddress(whole, gateway, 'gateway');
  if (range !== undefined) {
    const part = parseSubnet(range);
    if (part.family !== whole.family || !contains(whole, range.split('/')[0] ?? '') || part.prefixLength < whole.prefixLength) {
      throw new Failure('invalid', `no matching subnet for range ${range}`);
    }
  }
  for (const [name, address] of Object.entries(reserved)) {
    checkAddress(whole, address, 'aux-address');
    if (address === gateway)
      throw new Failure('invalid', `failed to allocate secondary ip address (${name}:${address}): Address already in use`);
  }
}

function checkAddress(whole: Subnet, address: string, what: 'gateway' | 'aux-address'): void {
  if (isIP(address) === 0) throw new Failure('invalid', `invalid ${what} address ${address} in Ipam configuration`);
  if (!contains(whole, address)) throw new Failure('invalid', `no matching subnet for ${what} ${address}`);
  if (isUnusable(whole, addressToNumber(address))) {
    throw new Failure('invalid', `failed to allocate ${what} (${address}): it is the network's own or its broadcast address`);
  }
}

/** Finds a network by its whole id, its name or a prefix of its id that is no other's. Fails with `not-found` in dockerd's words. */
export function findNetwork(networks: readonly Network[], nameOrId: string): Network {
  const name = nameOrId === 'default' ? 'bridge' : nameOrId;
  const exact = networks.find((network) => network.id === name) ?? networks.find((network) => network.name === name);
  if (exact) return exact;
  const byPrefix = name === '' ? [] : networks.filter((network) => network.id.startsWith(name));
  if (byPrefix.length > 1)
    throw new Failure('invalid', `network ${nameOrId} is ambiguous (${byPrefix.length} matches found based on ID prefix)`);
  const [found] = byPrefix;
  if (!found) throw new Failure('not-found', messages.noSuchNetwork(nameOrId));
  return found;
}
