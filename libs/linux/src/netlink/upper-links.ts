import { Failure } from '@gantry/base';
import { ipToBytes } from './ip-bytes.ts';
import { attribute, byteAttribute, messageFlag, numberAttribute } from './messages.ts';
import { createUpper, findLink, type LinkChanges } from './links.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

/** A way of a namespace onto a link of the host without a bridge. */
export type UpperMode =
  | { readonly kind: 'macvlan'; readonly mode: keyof typeof macvlanModes }
  | { readonly kind: 'ipvlan'; readonly mode: keyof typeof ipvlanModes };

export const macvlanModes = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const;
export const ipvlanModes = { l2: 0, l3: 1, l3s: 2 } as const;

/** A tunnel that carries the frames of a bridge to other hosts (RFC 7348), to each of its peers what it does not know better. */
export interface Vxlan {
  readonly name: string;
  /** The bridge that it is a port of. */
  readonly bridge: string;
  readonly id: number;
  /** The address of this host that the others know. */
  readonly local: string;
  readonly udpPort: number;
  readonly mtu: number;
  readonly peers: readonly string[];
}

/** IFLA_MACVLAN_…, IFLA_IPVLAN_…, IFLA_VLAN_… and IFLA_VXLAN_… of linux/if_link.h */
const field = { mode: 1, vlanId: 1, vxlanId: 1, local4: 4, learning: 7, port: 15, local6: 17 };
const newNeighbour = 28;
const bridgeFamily = 7;
/** NUD_PERMANENT | NUD_NOARP, NTF_SELF, and NDA_… of linux/neighbour.h */
const neighbour = { state: 0x80 | 0x40, self: 0x02, destination: 1, mac: 2 };

export function createInNamespace(
  socket: NetlinkSocket,
  end: LinkChanges & { name: string },
  { parentIndex, upper }: { parentIndex: number; upper: UpperMode },
): void {
  const data =
    upper.kind === 'macvlan' ? numberAttribute(field.mode, macvlanModes[upper.mode]) : shortAttribute(field.mode, ipvlanModes[upper.mode]);
  createUpper(socket, end, { kind: upper.kind, parentIndex, data: [data] });
}

/** Makes `eth0.10`, up, of a link that is there; one that exists stays. */
export function createVlan(socket: NetlinkSocket, { name, parentIndex, id }: { name: string; parentIndex: number; id: number }): void {
  if (findLink(socket, name)) return;
  createUpper(socket, { name, isUp: true }, { kind: 'vlan', parentIndex, data: [shortAttribute(field.vlanId, id)] });
}

/** Makes a tunnel, up, or leaves it as it is; its peers are added. */
export function createVxlan(socket: NetlinkSocket, { name, id, local, udpPort, mtu, peers }: Vxlan, masterIndex: number): void {
  const isSix = local.includes(':');
  const port = Buffer.alloc(2);
  port.writeUInt16BE(udpPort);
  const data = [
    numberAttribute(field.vxlanId, id),
    attribute(isSix ? field.local6 : field.local4, ipToBytes(local)),
    attribute(field.port, port),
    byteAttribute(field.learning, 1),
  ];
  if (!findLink(socket, name)) createUpper(socket, { name, mtu, masterIndex, isUp: true }, { kind: 'vxlan', data });
  const index = findLink(socket, name)?.index;
  if (index === undefined) throw new Failure('not-found', `no such link: ${name}`);
  for (const peer of peers) addPeer(socket, index, peer);
}

/** Frames to addresses that were not heard of, and to all, go to each peer. */
function addPeer(socket: NetlinkSocket, index: number, peer: string): void {
  const head = Buffer.alloc(12);
  head[0] = bridgeFamily;
  head.writeInt32LE(index, 4);
  head.writeUInt16LE(neighbour.state, 8);
  head[10] = neighbour.self;
  const payload = Buffer.concat([head, attribute(neighbour.destination, ipToBytes(peer)), attribute(neighbour.mac, Buffer.alloc(6))]);
  socket.change({ type: newNeighbour, flags: messageFlag.create | messageFlag.append, payload, about: `peer ${peer}` });
}

function shortAttribute(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return attribute(type, bytes);
}
