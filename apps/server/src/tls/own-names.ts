import { hostname, networkInterfaces } from 'node:os';
import { isEverywhere, type ServerConfig } from '../config.ts';

const hostPattern = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

/** The names and addresses by which this server may be reached, the most useful one first. */
export function ownNames({ url, listen }: Pick<ServerConfig, 'url' | 'listen'>): string[] {
  const named = url === undefined ? [] : [new URL(url).hostname.replace(/^\[|\]$/g, '')];
  const addresses = listen === undefined || isEverywhere(listen) || listen === 'localhost' ? lanAddresses(listen) : [listen];
  const all = [...named, hostname(), 'localhost', '127.0.0.1', '::1', ...addresses].map((name) => name.toLowerCase());
  return [...new Set(all)].filter((name) => name.includes(':') || hostPattern.test(name));
}

/** Bridges and pairs of containers: their addresses come and go, and nobody outside reaches them. */
const ofContainers = /^(docker|br-|veth|virbr|cni|flannel|cali|lxc|podman|gantry\d|g[0-9a-f]{6})/;

/** The addresses of this machine that others can reach, IPv4 first; without those of a link only and of container networks. `0.0.0.0` is the IPv4 ones. */
export function lanAddresses(listen?: string): string[] {
  const all = Object.entries(networkInterfaces()).flatMap(([name, list]) => (ofContainers.test(name) ? [] : (list ?? [])));
  const isListenedOn = (family: string): boolean => listen !== '0.0.0.0' || family === 'IPv4';
  const outer = all.filter(({ internal, address, family }) => !internal && isListenedOn(family) && !/^(fe80|169\.254)/i.test(address));
  return outer.sort((a, b) => a.family.localeCompare(b.family)).map(({ address }) => address);
}
