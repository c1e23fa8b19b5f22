import { errnoOf } from '../system/system-failure.ts';
import { Failure } from '@gantry/base';
import {
  attribute,
  byteAttribute,
  decodeAttributes,
  messageFlag,
  nest,
  numberAttribute,
  numberOf,
  textAttribute,
  textOf,
  type NetlinkMessage,
} from './messages.ts';
import type { NetlinkRequest, NetlinkSocket } from './netlink-socket.ts';

const newLink = 16;
const deleteLink = 17;
const getLink = 18;
const setLink = 19;
const bridgeFamily = 7;
const up = 1;
/** IFLA_… of linux/if_link.h */
const field = {
  mac: 1,
  name: 3,
  mtu: 4,
  link: 5,
  master: 10,
  protinfo: 12,
  operstate: 16,
  info: 18,
  stats: 23,
  mask: 29,
  namespaceFd: 28,
  kind: 1,
  data: 2,
};
/** What Node calls the number of EOPNOTSUPP. */
const unsupported = 'ENOTSUP';
const peerInfo = 1;
const portHairpin = 4;
const portIsolated = 33;
const operStates = ['unknown', 'not-present', 'down', 'lower-layer-down', 'testing', 'dormant', 'up'] as const;

/** Totals since the link was made; received means: by the host from this link. */
export interface LinkCounters {
  readonly receivedBytes: number;
  readonly receivedPackets: number;
  readonly receiveErrors: number;
  readonly receiveDropped: number;
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly sendErrors: number;
  readonly sendDropped: number;
}

export interface Link {
  readonly index: number;
  readonly name: string;
  /** `bridge`, `veth`, …; undefined for hardware and loopback. */
  readonly kind: string | undefined;
  readonly isUp: boolean;
  readonly operationalState: (typeof operStates)[number];
  readonly mtu: number;
  readonly mac: string;
  /** The index of the bridge that it is a port of. */
  readonly masterIndex: number | undefined;
  /** Of a cable the index of its other end, in the namespace where that is; of a link that lies upon another that one. */
  readonly belowIndex: number | undefined;
  readonly counters: LinkCounters;
}

/** How a link is to be; what is left out stays. */
export interface LinkChanges {
  readonly name?: string;
  readonly mtu?: number;
  readonly mac?: string;
  readonly masterIndex?: number;
  /** An open descriptor of the namespace to move to. */
  readonly namespaceFd?: number;
  readonly isUp?: boolean;
}

export function macToBytes(mac: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac)) throw new Failure('invalid', `not a MAC address: ${mac}`);
  return Uint8Array.from(mac.split(':'), (byte) => Number.parseInt(byte, 16));
}

export const bytesToMac = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');

export function createBridge(socket: NetlinkSocket, bridge: LinkChanges & { name: string }): void {
  const payload = Buffer.concat([ifinfo(bridge), nest(field.info, textAttribute(field.kind, 'bridge'))]);
  socket.change({ ...creation, payload, about: `bridge ${bridge.name}` });
}

/** Makes both ends of a pair; each may be born up, in its namespace and, the first, as a port of a bridge. */
export function createVeth(socket: NetlinkSocket, end: LinkChanges & { name: string }, peer: LinkChanges & { name: string }): void {
  const data = nest(field.data, nest(peerInfo, ifinfo(peer)));
  const payload = Buffer.concat([ifinfo(end), nest(field.info, textAttribute(field.kind, 'veth'), data)]);
  socket.change({ ...creation, payload, about: `veth ${end.name}` });
}

/** Makes a link of a kind below which another one lies, born in its namespace. */
export function createUpper(
  socket: NetlinkSocket,
  upper: LinkChanges & { name: string },
  { kind, parentIndex, data = [] }: { readonly kind: string; readonly parentIndex?: number; readonly data?: readonly Buffer[] },
): void {
  const below = parentIndex === undefined ? [] : [numberAttribute(field.link, parentIndex)];
  const info = nest(field.info, textAttribute(field.kind, kind), nest(field.data, ...data));
  socket.change({ ...creation, payload: Buffer.concat([ifinfo(upper), ...below, info]), about: `${kind} ${upper.name}` });
}

/** Whether the kernel has links of a kind: one that lacks what it needs is refused as invalid, an unknown kind as unsupported. */
export function supportsKind(socket: NetlinkSocket, kind: string): boolean {
  try {
    const payload = Buffer.concat([ifinfo({ name: 'gprobe' }), nest(field.info, textAttribute(field.kind, kind))]);
    socket.change({ ...creation, payload, about: `a link of kind ${kind}` });
    throw new Failure('internal', `a probe for links of kind ${kind} made one`);
  } catch (thrown) {
    if (errnoOf(thrown) === undefined) throw thrown;
    return errnoOf(thrown) !== unsupported;
  }
}

export function changeLink(socket: NetlinkSocket, index: number, changes: LinkChanges): void {
  socket.change({ type: newLink, payload: ifinfo(changes, index), about: `link ${index}` });
}

/** Lets a bridge send a frame back out of the port that it came from; from one isolated port to another it forwards nothing. */
export function setPort(socket: NetlinkSocket, index: number, { isIsolated }: { readonly isIsolated: boolean }): void {
  const head = Buffer.alloc(16);
  const isolation = isIsolated ? [byteAttribute(portIsolated, 1)] : [];
  head[0] = bridgeFamily;
  head.writeInt32LE(index, 4);
  const payload = Buffer.concat([head, nest(field.protinfo, byteAttribute(portHairpin, 1), ...isolation)]);
  socket.change({ type: setLink, payload, about: `port of link ${index}` });
}

/** Answers false where the link is gone: the kernel removes the outer end of a cable by itself when the namespace of the inner one ends. */
export function deleteLinkOf(socket: NetlinkSocket, index: number): boolean {
  try {
    socket.change({ type: deleteLink, payload: ifinfo({}, index), about: `remove link ${index}` });
    return true;
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENODEV') return false;
    throw thrown;
  }
}

export function dumpLinks(socket: NetlinkSocket): Link[] {
  const payload = Buffer.concat([ifinfo({}), numberAttribute(field.mask, 0)]);
  return socket.dump({ type: getLink, payload, about: 'links' }).map(decodeLink);
}

/** A link by its name; undefined: there is none. */
export function findLink(socket: NetlinkSocket, name: string): Link | undefined {
  const answer = socket.get({ type: getLink, payload: ifinfo({ name }), about: `link ${name}` });
  return answer && decodeLink(answer);
}

export function decodeLink({ payload }: NetlinkMessage): Link {
  const attributes = decodeAttributes(payload.subarray(16));
  const info = decodeAttributes(attributes.get(field.info) ?? Buffer.alloc(0));
  return {
    index: payload.readInt32LE(4),
    name: textOf(attributes.get(field.name)) ?? '',
    kind: textOf(info.get(field.kind)),
    isUp: (payload.readUInt32LE(8) & up) !== 0,
    operationalState: operStates[attributes.get(field.operstate)?.[0] ?? 0] ?? 'unknown',
    mtu: numberOf(attributes.get(field.mtu)) ?? 0,
    mac: bytesToMac(attributes.get(field.mac) ?? new Uint8Array()),
    masterIndex: numberOf(attributes.get(field.master)),
    belowIndex: numberOf(attributes.get(field.link)),
    counters: decodeCounters(attributes.get(field.stats) ?? Buffer.alloc(64)),
  };
}

const creation: Pick<NetlinkRequest, 'type' | 'flags'> = { type: newLink, flags: messageFlag.create | messageFlag.exclusive };

/** `struct ifinfomsg` and the attributes of the changes. */
function ifinfo({ name, mtu, mac, masterIndex, namespaceFd, isUp }: LinkChanges, index = 0): Buffer {
  const head = Buffer.alloc(16);
  head.writeInt32LE(index, 4);
  if (isUp !== undefined) {
    head.writeUInt32LE(isUp ? up : 0, 8);
    head.writeUInt32LE(up, 12);
  }
  return Buffer.concat([
    head,
    ...(name === undefined ? [] : [textAttribute(field.name, name)]),
    ...(mtu === undefined ? [] : [numberAttribute(field.mtu, mtu)]),
    ...(mac === undefined ? [] : [attribute(field.mac, macToBytes(mac))]),
    ...(masterIndex === undefined ? [] : [numberAttribute(field.master, masterIndex)]),
    ...(namespaceFd === undefined ? [] : [numberAttribute(field.namespaceFd, namespaceFd)]),
  ]);
}

/** The head of `struct rtnl_link_stats64`. */
function decodeCounters(stats: Buffer): LinkCounters {
  const at = (index: number): number => Number(stats.readBigUInt64LE(8 * index));
  return {
    receivedPackets: at(0),
    sentPackets: at(1),
    receivedBytes: at(2),
    sentBytes: at(3),
    receiveErrors: at(4),
    sendErrors: at(5),
    receiveDropped: at(6),
    sendDropped: at(7),
  };
}
