import { bytesToIp, ipToBytes } from './ip-bytes.ts';
import { attribute, decodeAttributes, messageFlag, numberAttribute, textOf } from './messages.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

const newAddress = 20;
const deleteAddress = 21;
const getAddress = 22;
const families = { ipv4: 2, ipv6: 10 };
const universe = 0;
const link = 253;
/** IFA_… of linux/if_addr.h */
const field = { address: 1, local: 2, label: 3, broadcast: 4, flags: 8 };
/** No duplicate address detection: the address is usable at once, and nobody else hands out addresses of our networks. */
const noDetection = 0x02;

export interface LinkAddress {
  readonly linkIndex: number;
  readonly address: string;
  readonly prefixLength: number;
  readonly isLinkLocal: boolean;
  readonly label?: string | undefined;
}

/** Adds an address with its prefix route; replaces the same one. */
export function addAddress(
  socket: NetlinkSocket,
  linkIndex: number,
  { address, prefixLength }: { address: string; prefixLength: number },
): void {
  const payload = ifaddr(linkIndex, address, prefixLength);
  socket.change({
    type: newAddress,
    flags: messageFlag.create | messageFlag.replace,
    payload,
    about: `address ${address}/${prefixLength}`,
  });
}

export function removeAddress(
  socket: NetlinkSocket,
  linkIndex: number,
  { address, prefixLength }: { address: string; prefixLength: number },
): void {
  socket.change({ type: deleteAddress, payload: ifaddr(linkIndex, address, prefixLength), about: `address ${address}` });
}

export function dumpAddresses(socket: NetlinkSocket): LinkAddress[] {
  return socket.dump({ type: getAddress, payload: Buffer.alloc(8), about: 'addresses' }).flatMap(({ payload }) => {
    const attributes = decodeAttributes(payload.subarray(8));
    const bytes = attributes.get(field.local) ?? attributes.get(field.address);
    if (!bytes) return [];
    const found = { linkIndex: payload.readUInt32LE(4), address: bytesToIp(bytes), prefixLength: payload[1] ?? 0 };
    return { ...found, isLinkLocal: payload[3] === link, label: textOf(attributes.get(field.label)) };
  });
}

/** `struct ifaddrmsg` and its attributes. */
function ifaddr(linkIndex: number, address: string, prefixLength: number): Buffer {
  const bytes = ipToBytes(address);
  const head = Buffer.alloc(8);
  head[0] = bytes.length === 4 ? families.ipv4 : families.ipv6;
  head[1] = prefixLength;
  head[3] = universe;
  head.writeUInt32LE(linkIndex, 4);
  if (bytes.length === 16) {
    return Buffer.concat([head, attribute(field.local, bytes), attribute(field.address, bytes), numberAttribute(field.flags, noDetection)]);
  }
  const all = attribute(field.broadcast, lastAddress(bytes, prefixLength));
  return Buffer.concat([head, attribute(field.local, bytes), attribute(field.address, bytes), ...(prefixLength < 31 ? [all] : [])]);
}

function lastAddress(bytes: Uint8Array, prefixLength: number): Uint8Array {
  return bytes.map((byte, index) => byte | (0xff >> Math.min(8, Math.max(0, prefixLength - 8 * index))));
}
