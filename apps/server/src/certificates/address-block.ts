import { isIPv6 } from 'node:net';

/**
 * What of an address is one party: of IPv6 the /64, of which a machine takes as many addresses as it likes; of IPv4, also where it is mapped into IPv6, the address.
 * What is no address stands for itself.
 */
export function addressBlock(address: string): string {
  const [plain = ''] = address.split('%', 1);
  if (!isIPv6(plain)) return address;
  const groups = groupsOf(plain);
  const [high = 0, low = 0] = groups.slice(6);
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:65535') return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight groups of 16 bits. */
function groupsOf(address: string): number[] {
  // As the URL standard writes it: hexadecimal throughout, and at most one run of zeros left out.
  const [before = '', after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [head, tail] = [before, after ?? ''].map((part) => part.split(':').filter((group) => group !== ''));
  const [first, last] = [head ?? [], tail ?? []];
  return [...first, ...Array<string>(8 - first.length - last.length).fill('0'), ...last].map((group) => Number.parseInt(group, 16));
}
