import { ipToBytes } from '../netlink/ip-bytes.ts';

export const addressFamilies = { ipv4: 2, ipv6: 10 } as const;

/** `struct sockaddr_in` or `sockaddr_in6`. */
export function socketAddress(address: string, port: number): Uint8Array {
  const ip = ipToBytes(address);
  const bytes = Buffer.alloc(ip.length === 4 ? 16 : 28);
  bytes.writeUInt16LE(ip.length === 4 ? addressFamilies.ipv4 : addressFamilies.ipv6, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(ip, ip.length === 4 ? 4 : 8);
  return bytes;
}
