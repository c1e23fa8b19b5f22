import { isIP } from 'node:net';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { ipvlanModes, type Kernel, macvlanModes, type UpperMode } from '@gantry/linux';
import { type Network, option } from './network.ts';
import type { NetworkRequest, Surroundings } from './network-request.ts';

/** Where a network lies, by its driver. */
export type DriverPlan = Pick<Network, 'driver' | 'bridge' | 'ownsBridge' | 'mtu'>;

/** Options of the drivers beside `bridge`. The first three are dockerd's, the others tell an overlay of its peers, as there is no swarm to ask. */
const driverOption = {
  parent: 'parent',
  macvlanMode: 'macvlan_mode',
  ipvlanMode: 'ipvlan_mode',
  peers: 'gantry.overlay.peers',
  local: 'gantry.overlay.local',
  id: 'gantry.overlay.id',
  port: 'gantry.overlay.port',
} as const;

/** An overlay network's way to the other hosts. */
export interface Overlay {
  readonly local: string;
  readonly peers: readonly string[];
  readonly id: number;
  /** UDP: of the tunnel; names are asked for at the next one. */
  readonly port: number;
}

/** A tunnel costs that much of each packet over IPv4, 20 bytes more over IPv6. */
const tunnelBytes = 50;

/** The driver of a request, checked. Fails with `not-found` for an unknown one and with `unsupported` where the kernel lacks it. */
export async function planDriver(request: NetworkRequest, around: Surroundings, own: string): Promise<DriverPlan> {
  const { driver, options } = request;
  const mtu = mtuOf(options[option.mtu]) ?? around.config.mtu;
  switch (driver) {
    case 'bridge':
      return { driver, mtu, ...(await bridgeLink(options[option.bridgeName], own, around)) };
    case 'macvlan':
    case 'ipvlan':
      upperOf({ driver, options });
      await needKind(around.kernel, driver);
      return { driver, mtu, ...(await parentLink(request, own, around)) };
    case 'overlay': {
      const { local } = checkOverlay(request);
      await needKind(around.kernel, 'vxlan');
      return { driver, bridge: own, ownsBridge: true, mtu: mtu ?? 1500 - tunnelBytes - (local.includes(':') ? 20 : 0) };
    }
    case 'host':
    case 'null':
      throw new Failure('forbidden', `only one instance of "${driver}" network is allowed`);
    default:
      throw new Failure('not-found', messages.noSuchPlugin(driver));
  }
}

/** How a container lies upon the parent; undefined: it is on a bridge. Fails with `invalid` for a mode that the driver does not know. */
export function upperOf({ driver, options }: Pick<NetworkRequest, 'driver' | 'options'>): UpperMode | undefined {
  if (driver === 'macvlan') return { kind: driver, mode: modeOf(driver, options[driverOption.macvlanMode] ?? 'bridge', macvlanModes) };
  if (driver === 'ipvlan') return { kind: driver, mode: modeOf(driver, options[driverOption.ipvlanMode] ?? 'l2', ipvlanModes) };
  return undefined;
}

function modeOf<Modes extends object>(driver: string, mode: string, modes: Modes): keyof Modes {
  if (Object.hasOwn(modes, mode)) return mode as keyof Modes;
  throw new Failure(
    'invalid',
    `requested ${driver} mode '${mode}' is not valid, '${driver === 'macvlan' ? 'bridge' : 'l2'}' mode is the ${driver} driver default`,
  );
}

export function overlayOf({ options }: Pick<Network, 'options'>): Overlay {
  return {
    local: options[driverOption.local] ?? '',
    peers: (options[driverOption.peers] ?? '').split(',').map((peer) => peer.trim()),
    id: Number(options[driverOption.id] ?? 4097),
    port: Number(options[driverOption.port] ?? 4789),
  };
}

function checkOverlay(request: NetworkRequest): Overlay {
  for (const name of [driverOption.local, driverOption.peers]) {
    if (request.options[name] === undefined)
      throw new Failure('invalid', `an overlay network needs the option ${name} (there is no swarm to ask for it)`);
  }
  const overlay = overlayOf(request);
  const wrong = [overlay.local, ...overlay.peers].find((address) => isIP(address) === 0);
  if (wrong !== undefined) throw new Failure('invalid', `not an IP address of an overlay's host: ${JSON.stringify(wrong)}`);
  if (!Number.isInteger(overlay.id) || overlay.id < 1 || overlay.id >= 2 ** 24)
    throw new Failure('invalid', `invalid overlay id: ${overlay.id}`);
  if (!Number.isInteger(overlay.port) || overlay.port < 1 || overlay.port > 65_534)
    throw new Failure('invalid', `invalid overlay port: ${overlay.port}`);
  if (!request.pools.some(({ subnet, range }) => subnet !== '' && range !== undefined))
    throw new Failure('invalid', "an overlay network needs a subnet, the same on all hosts, and an IP range in it that is this host's own");
  return overlay;
}

async function needKind(kernel: Kernel, kind: string): Promise<void> {
  if (!(await kernel.supportsLink(kind)))
    throw new Failure('unsupported', `the kernel of this host has no ${kind} links (CONFIG_${kind.toUpperCase()})`);
}

/** A link that is there already (made by the administrator) is used and stays when the network goes. */
async function bridgeLink(
  wanted: string | undefined,
  own: string,
  { networks, kernel }: Surroundings,
): Promise<Pick<Network, 'bridge' | 'ownsBridge'>> {
  if (wanted === undefined || wanted === '') return { bridge: own, ownsBridge: true };
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$/.test(wanted)) throw new Failure('invalid', `invalid bridge name ${JSON.stringify(wanted)}`);
  const other = networks.find((network) => network.bridge === wanted);
  if (other)
    throw new Failure(
      'forbidden',
      `cannot create network: conflicts with network ${other.id} (${other.name}): networks have same bridge name`,
    );
  return { bridge: wanted, ownsBridge: !(await kernel.listLinks()).some(({ name }) => name === wanted) };
}

/** The link of the host to lie upon: `eth0`, or `eth0.10`, which is made if need be; without one, or where it is internal, a link that leads nowhere. */
async function parentLink(
  { options, driver, isInternal }: NetworkRequest,
  own: string,
  { networks, kernel }: Surroundings,
): Promise<Pick<Network, 'bridge' | 'ownsBridge'>> {
  const parent = options[driverOption.parent] ?? '';
  if (parent === '' || isInternal) return { bridge: own, ownsBridge: true };
  const other = networks.find((network) => network.bridge === parent && network.driver === driver);
  if (other) throw new Failure('forbidden', `network ${other.name} is already using parent interface ${parent}`);
  const names = new Set((await kernel.listLinks()).map(({ name }) => name));
  if (names.has(parent)) return { bridge: parent, ownsBridge: false };
  const vlan = vlanOf(parent);
  if (!vlan || !names.has(vlan.parent))
    throw new Failure('invalid', `invalid subinterface vlan name ${parent}, example formatting is eth0.10`);
  return { bridge: parent, ownsBridge: true };
}

/** `eth0.10` taken apart. */
export function vlanOf(link: string): { readonly parent: string; readonly id: number } | undefined {
  const [, parent, id] = /^(.+)\.(\d{1,4})$/.exec(link) ?? [];
  return parent === undefined || Number(id) < 1 || Number(id) > 4094 ? undefined : { parent, id: Number(id) };
}

function mtuOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const mtu = Number(text);
  if (!Number.isInteger(mtu) || mtu < 68 || mtu > 65_535) throw new Failure('invalid', `invalid value for ${option.mtu}: ${text}`);
  return mtu;
}
