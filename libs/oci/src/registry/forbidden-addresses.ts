import { lookup as lookupAll, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Failure } from '@gantry/base';

/** Link-local networks hold the metadata services of clouds; the unspecified address is this machine. */
const forbidden = new BlockList();
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
forbidden.addSubnet('0.0.0.0', 8, 'ipv4');
forbidden.addSubnet('fe80::', 10, 'ipv6');
forbidden.addAddress('::', 'ipv6');
forbidden.addSubnet('::ffff:169.254.0.0', 112, 'ipv6');
forbidden.addSubnet('fd00:ec2::', 32, 'ipv6');

/** Fails with `forbidden` where the host of a URL is such an address; names are looked at when they are resolved. */
export function refuseForbiddenAddress(hostname: string): void {
  const address = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(address);
  if (family !== 0 && isForbidden(address, family)) throw refusal(hostname, address);
}

/** A resolver whose answer is what is connected to, so that a name cannot change between look and use. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookupAll(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) {
      callback(error, '', 0);
      return;
    }
    const bad = addresses.find(({ address, family }) => isForbidden(address, family));
    if (bad !== undefined) callback(refusal(hostname, bad.address), '', 0);
    else answer(addresses, options.all === true, callback);
  });
};

function answer(addresses: LookupAddress[], isAll: boolean, callback: Parameters<LookupFunction>[2]): void {
  const [first] = addresses;
  if (isAll) callback(null, addresses);
  else callback(null, first?.address ?? '', first?.family ?? 4);
}

function isForbidden(address: string, family: number): boolean {
  return forbidden.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

function refusal(hostname: string, address: string): Failure {
  return new Failure('forbidden', `the registry leads to ${hostname} (${address}), which is no place for images`);
}
