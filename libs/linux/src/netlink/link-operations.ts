import { closeSync, openSync } from 'node:fs';
import { Failure } from '@gantry/base';
import type { NetworkNamespaces } from '../namespaces/network-namespaces.ts';
import { errnoOf } from '../system/system-failure.ts';
import { addAddress, dumpAddresses, type LinkAddress, removeAddress } from './addresses.ts';
import {
  changeLink,
  createBridge,
  createVeth,
  deleteLinkOf,
  dumpLinks,
  findLink,
  type Link,
  type LinkChanges,
  setPort,
  supportsKind,
} from './links.ts';
import { addRoute, dumpRoutes, type Route } from './routes.ts';
import { NetlinkSocket } from './netlink-socket.ts';
import { createInNamespace, createVlan, createVxlan, type UpperMode, type Vxlan } from './upper-links.ts';

/** An address with its prefix, as `172.17.0.2/16`. */
export type Cidr = string;

/** A bridge port outside, and what a process inside a namespace sees of it. */
export interface Cable {
  /** The outer end, at most 15 characters. */
  readonly name: string;
  readonly bridge: string;
  readonly mtu?: number;
  /** In place of a cable: the inner end alone, upon the link that `bridge` names. */
  readonly upper?: UpperMode;
  /** It reaches the bridge itself, and no other such port of it. */
  readonly isIsolated?: boolean;
  /** The pin of the namespace of the inner end. */
  readonly namespace: string;
  readonly inside: {
    readonly name: string;
    readonly mac?: string;
    readonly addresses: readonly Cidr[];
    /** Without a gateway: all of it is on the link. */
    readonly routes: readonly { readonly destination: Cidr; readonly gateway?: string }[];
  };
}

export interface LinkOperations {
  /** Makes a bridge that is up; where it is there already it stays. Answers whether it was made. */
  createBridge(bridge: { readonly name: string; readonly mtu?: number; readonly mac?: string }, pin?: string): boolean;
  /** Lays a cable (veth pair) from a bridge into a namespace with addresses and routes, all up; fails whole. */
  layCable(cable: Cable): void;
  /** Makes a tunnel to other hosts a port of a bridge; twice is once. */
  createVxlan(vxlan: Vxlan): void;
  /** Makes a link for a VLAN (802.1Q) upon another one, up; twice is once. */
  createVlan(vlan: { readonly name: string; readonly parent: string; readonly id: number }): void;
  /** Whether the kernel has links of this kind. */
  supportsLink(kind: string): boolean;
  /** Changes a link by its name; fails with `not-found`. */
  changeLink(name: string, changes: Pick<LinkChanges, 'name' | 'mtu' | 'mac' | 'isUp'>, pin?: string): void;
  /** Removes a link; for a veth end the kernel takes about 30 ms. Answers false where there is none. */
  removeLink(name: string, pin?: string): boolean;
  /** Gives a link an address, once. */
  addAddress(link: string, address: Cidr, pin?: string): void;
  removeAddress(link: string, address: Cidr, pin?: string): void;
  /** Adds a route, or replaces the one to the same destination. */
  addRoute(route: { readonly destination: Cidr; readonly gateway: string }, pin?: string): void;
  listLinks(pin?: string): Link[];
  listAddresses(pin?: string): LinkAddress[];
  listRoutes(pin?: string): Route[];
}

export function parseCidr(text: Cidr): { address: string; prefixLength: number } {
  const [address, length, ...more] = text.split('/');
  const prefixLength = Number(length);
  if (address === undefined || length === undefined || more.length > 0 || !Number.isInteger(prefixLength)) {
    throw new Failure('invalid', `not an address with prefix length: ${text}`);
  }
  return { address, prefixLength };
}

/** Links by rtnetlink; one socket stays open for the thread's own namespace. */
export class NetlinkOperations implements LinkOperations, Disposable {
  readonly #namespaces: NetworkNamespaces;
  readonly #home: NetlinkSocket;

  constructor(namespaces: NetworkNamespaces) {
    this.#namespaces = namespaces;
    this.#home = NetlinkSocket.open();
  }

  createBridge(bridge: { name: string; mtu?: number; mac?: string }, pin?: string): boolean {
    return this.#with(pin, (socket) => {
      try {
        createBridge(socket, { ...bridge, isUp: true });
        return true;
      } catch (thrown) {
        const found = errnoOf(thrown) === 'EEXIST' ? findLink(socket, bridge.name) : undefined;
        if (found?.kind !== 'bridge') throw thrown;
        changeLink(socket, found.index, { isUp: true });
        return false;
      }
    });
  }

  layCable(cable: Cable): void {
    const { name, bridge, mtu, inside, upper } = cable;
    const master = linkNamed(this.#home, bridge);
    const size = mtu === undefined ? {} : { mtu };
    const namespaceFd = openSync(cable.namespace, 'r');
    try {
      const mac = inside.mac === undefined ? {} : { mac: inside.mac };
      if (upper)
        createInNamespace(
          this.#home,
          { name: inside.name, namespaceFd, ...(upper.kind === 'macvlan' && mac), ...size },
          { parentIndex: master.index, upper },
        );
      else
        createVeth(
          this.#home,
          { name, masterIndex: master.index, isUp: true, ...size },
          { name: inside.name, namespaceFd, ...mac, ...size },
        );
    } finally {
      closeSync(namespaceFd);
    }
    try {
      if (!upper) setPort(this.#home, linkNamed(this.#home, name).index, { isIsolated: cable.isIsolated === true });
      this.#with(cable.namespace, (socket) => configureInside(socket, inside));
    } catch (thrown) {
      if (upper) this.removeLink(inside.name, cable.namespace);
      else this.removeLink(name);
      throw thrown;
    }
  }

  createVxlan(vxlan: Vxlan): void {
    createVxlan(this.#home, vxlan, linkNamed(this.#home, vxlan.bridge).index);
  }

  createVlan({ name, parent, id }: { name: string; parent: string; id: number }): void {
    createVlan(this.#home, { name, id, parentIndex: linkNamed(this.#home, parent).index });
  }

  supportsLink = (kind: string): boolean => supportsKind(this.#home, kind);

  changeLink(name: string, changes: LinkChanges, pin?: string): void {
    this.#with(pin, (socket) => changeLink(socket, linkNamed(socket, name).index, changes));
  }

  removeLink(name: string, pin?: string): boolean {
    return this.#with(pin, (socket) => {
      const found = findLink(socket, name);
      return found !== undefined && deleteLinkOf(socket, found.index);
    });
  }

  addAddress(link: string, address: Cidr, pin?: string): void {
    this.#with(pin, (socket) => addAddress(socket, linkNamed(socket, link).index, parseCidr(address)));
  }

  removeAddress(link: string, address: Cidr, pin?: string): void {
    this.#with(pin, (socket) => removeAddress(socket, linkNamed(socket, link).index, parseCidr(address)));
  }

  addRoute({ destination, gateway }: { destination: Cidr; gateway: string }, pin?: string): void {
    const { address, prefixLength } = parseCidr(destination);
    this.#with(pin, (socket) => addRoute(socket, { destination: address, prefixLength, gateway }));
  }

  listLinks = (pin?: string): Link[] => this.#with(pin, dumpLinks);
  listAddresses = (pin?: string): LinkAddress[] => this.#with(pin, dumpAddresses);
  listRoutes = (pin?: string): Route[] => this.#with(pin, dumpRoutes);

  [Symbol.dispose](): void {
    this.#home[Symbol.dispose]();
  }

  #with<T>(pin: string | undefined, work: (socket: NetlinkSocket) => T): T {
    if (pin === undefined) return work(this.#home);
    return this.#namespaces.within(pin, () => {
      using socket = NetlinkSocket.open();
      return work(socket);
    });
  }
}

function linkNamed(socket: NetlinkSocket, name: string): Link {
  const found = findLink(socket, name);
  if (!found) throw new Failure('not-found', `no such link: ${name}`, { details: { errno: 'ENODEV' } });
  return found;
}

function configureInside(socket: NetlinkSocket, inside: Cable['inside']): void {
  const { index } = linkNamed(socket, inside.name);
  changeLink(socket, 1, { isUp: true }); // lo is always the first
  for (const address of inside.addresses) addAddress(socket, index, parseCidr(address));
  changeLink(socket, index, { isUp: true });
  for (const { destination, gateway } of inside.routes) {
    const { address, prefixLength } = parseCidr(destination);
    addRoute(socket, { destination: address, prefixLength, ...(gateway !== undefined && { gateway }), linkIndex: index });
  }
}
