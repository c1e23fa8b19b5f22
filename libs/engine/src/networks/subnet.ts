import { isIPv4, isIPv6 } from 'node:net';
import { Failure } from '@gantry/base';
import { bytesToIp, ipToBytes } from '@gantry/linux';

/** A range of addresses with a common prefix. */
export interface Subnet {
  readonly family: 'ipv4' | 'ipv6';
  /** The first address, as a number. */
  readonly first: bigint;
  readonly prefixLength: number;
}

const bitsOf = { ipv4: 32, ipv6: 128 } as const;

export function addressToNumber(address: string): bigint {
  return ipToBytes(address).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

export function numberToAddress(family: Subnet['family'], value: bigint): string {
  const size = bitsOf[family] / 8;
  return bytesToIp(Uint8Array.from({ length: size }, (_, index) => Number((value >> BigInt(8 * (size - 1 - index))) & 0xffn)));
}

export const familyOf = (address: string): Subnet['family'] => (address.includes(':') ? 'ipv6' : 'ipv4');

/** Reads `172.17.0.0/16`; host bits are cut. Fails with `invalid` in Go's words, as dockerd does. */
export function parseSubnet(text: string): Subnet {
  const [address = '', length = '', ...more] = text.split('/');
  const family = familyOf(address);
  const prefixLength = Number(length);
  const isAddress = isIPv4(address) || isIPv6(address);
  if (!isAddress || !/^\d+$/.test(length) || more.length > 0 || prefixLength > bitsOf[family]) {
    throw new Failure('invalid', `invalid CIDR address: ${text}`);
  }
  return subnetOf(family, addressToNumber(address), prefixLength);
}

export function subnetOf(family: Subnet['family'], address: bigint, prefixLength: number): Subnet {
  const hostBits = BigInt(bitsOf[family] - prefixLength);
  return { family, first: (address >> hostBits) << hostBits, prefixLength };
}

export function formatSubnet({ family, first, prefixLength }: Subnet): string {
  return `${numberToAddress(family, first)}/${prefixLength}`;
}

export function lastOf({ family, first, prefixLength }: Subnet): bigint {
  return first + (1n << BigInt(bitsOf[family] - prefixLength)) - 1n;
}

export function contains(subnet: Subnet, address: string): boolean {
  if (familyOf(address) !== subnet.family) return false;
  const value = addressToNumber(address);
  return value >= subnet.first && value <= lastOf(subnet);
}

export function overlap(one: Subnet, other: Subnet): boolean {
  return one.family === other.family && one.first <= lastOf(other) && other.first <= lastOf(one);
}

/** The network's own address and, for IPv4, its broadcast address: nobody gets them. */
export function isUnusable(subnet: Subnet, value: bigint): boolean {
  return value === subnet.first || (subnet.family === 'ipv4' && value === lastOf(subnet));
}

/** Whether a subnet has room for a gateway and something else. */
export const hasRoom = (subnet: Subnet): boolean => lastOf(subnet) - subnet.first >= (subnet.family === 'ipv4' ? 3n : 2n);
