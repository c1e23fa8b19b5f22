import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { defaultDomain, type Reference } from '../reference/reference.ts';
import type { RegistrySettings } from './settings.ts';

/** A place where a registry may answer. */
export interface Endpoint {
  readonly base: URL;
  readonly isInsecure: boolean;
  readonly isMirror: boolean;
}

const hubHost = 'registry-1.docker.io';

/** Where an image's registry may be, in the order of asking: mirrors of the Hub, https, and for insecure ones plain http. */
export async function endpointsOf({ domain }: Reference, { insecure, mirrors }: RegistrySettings): Promise<Endpoint[]> {
  if (domain === defaultDomain) {
    const own = mirrors.map((mirror) => ({
      base: new URL(mirror.endsWith('/') ? mirror : `${mirror}/`),
      isInsecure: mirror.startsWith('http:'),
      isMirror: true,
    }));
    return [...own, { base: new URL(`https://${hubHost}/`), isInsecure: false, isMirror: false }];
  }
  const isInsecure = await isInsecureHost(domain, insecure);
  const secure = { base: new URL(`https://${domain}/`), isInsecure, isMirror: false };
  return isInsecure ? [secure, { ...secure, base: new URL(`http://${domain}/`) }] : [secure];
}

/** Loopback, or listed by name, or in a listed network by one of its addresses. */
async function isInsecureHost(domain: string, insecure: readonly string[]): Promise<boolean> {
  const { hostname } = new URL(`http://${domain}/`);
  if (insecure.includes(domain) || insecure.includes(hostname)) return true;
  const networks = networksOf(insecure);
  const address = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(address);
  if (family !== 0) return networks.check(address, family === 6 ? 'ipv6' : 'ipv4');
  const found = await lookup(hostname, { all: true }).catch(() => []);
  return found.some((one) => networks.check(one.address, one.family === 6 ? 'ipv6' : 'ipv4'));
}

function networksOf(insecure: readonly string[]): BlockList {
  const networks = new BlockList();
  networks.addSubnet('127.0.0.0', 8, 'ipv4');
  networks.addAddress('::1', 'ipv6');
  for (const text of insecure) {
    const [address = '', bits] = text.split('/');
    const family = isIP(address);
    if (bits !== undefined && family !== 0) networks.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
  }
  return networks;
}
