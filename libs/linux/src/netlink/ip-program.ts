import { Failure } from '@gantry/base';
import type { NetworkNamespaces } from '../namespaces/network-namespaces.ts';
import { runProgram } from '../system/run-program.ts';
import type { LinkAddress } from './addresses.ts';
import type { Cable, Cidr, LinkOperations } from './link-operations.ts';
import { type Link, type LinkChanges, supportsKind } from './links.ts';
import { NetlinkSocket } from './netlink-socket.ts';
import type { UpperMode, Vxlan } from './upper-links.ts';
import type { Route } from './routes.ts';

/** What `ip -json` prints; only the fields read here. */
interface IpCounters {
  readonly bytes: number;
  readonly packets: number;
  readonly errors: number;
  readonly dropped: number;
}
interface IpLink {
  readonly ifindex: number;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly operstate: string;
  readonly address?: string;
  readonly master?: string;
  /** The other end of a cable or the link below, by name where it is in the same namespace, else by number. */
  readonly link?: string | null;
  readonly link_index?: number;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly stats64: { readonly rx: IpCounters; readonly tx: IpCounters };
}
interface IpAddress {
  readonly ifindex: number;
  readonly addr_info: readonly { local?: string; prefixlen: number; scope: string; label?: string }[];
}
interface IpRoute {
  readonly type?: string;
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly metric?: number;
}

/** Links by ip(8). */
export class IpProgram implements LinkOperations {
  readonly #namespaces: NetworkNamespaces;

  constructor(namespaces: NetworkNamespaces) {
    this.#namespaces = namespaces;
  }

  createBridge({ name, mtu, mac }: { name: string; mtu?: number; mac?: string }, pin?: string): boolean {
    const found = this.#find(name, pin);
    if (found && found.kind !== 'bridge') throw new Failure('conflict', `bridge ${name}: there is another link of that name`);
    const kinds = `${mtu === undefined ? '' : ` mtu ${mtu}`}${mac === undefined ? '' : ` address ${mac}`}`;
    this.#batch([...(found ? [] : [`link add ${name}${kinds} type bridge`]), `link set ${name} up`], pin);
    return !found;
  }

  layCable(cable: Cable): void {
    const { name, bridge, mtu, namespace, inside, isIsolated, upper } = cable;
    if (upper) {
      this.#layUpper(cable, upper);
      return;
    }
    const size = mtu === undefined ? '' : ` mtu ${mtu}`;
    const peer = `p${name.slice(1)}`;
    this.#batch([`link add ${name}${size} type veth peer name ${peer}${size}${inside.mac === undefined ? '' : ` address ${inside.mac}`}`]);
    try {
      runProgram('ip', ['link', 'set', peer, 'netns', namespace]);
      this.#batch([
        `link set ${name} master ${bridge} up`,
        `link set ${name} type bridge_slave hairpin on${isIsolated ? ' isolated on' : ''}`,
      ]);
      this.#batch([`link set lo up`, `link set ${peer} name ${inside.name}`, ...insideLines(inside)], namespace);
    } catch (thrown) {
      this.removeLink(name);
      throw thrown;
    }
  }

  #layUpper({ name, bridge, mtu, namespace, inside }: Cable, { kind, mode }: UpperMode): void {
    const mac = kind === 'ipvlan' || inside.mac === undefined ? '' : ` address ${inside.mac}`;
    const size = mtu === undefined ? '' : ` mtu ${mtu}`;
    this.#batch([`link add link ${bridge} name ${name}${size}${mac} type ${kind} mode ${mode}`]);
    try {
      runProgram('ip', ['link', 'set', name, 'netns', namespace]);
    } catch (thrown) {
      this.removeLink(name);
      throw thrown;
    }
    this.#batch([`link set lo up`, `link set ${name} name ${inside.name}`, ...insideLines(inside)], namespace);
  }

  createVxlan({ name, bridge, id, local, udpPort, mtu, peers }: Vxlan): void {
    const added = `link add ${name} mtu ${mtu} type vxlan id ${id} local ${local} dstport ${udpPort}`;
    this.#batch([...(this.#find(name, undefined) ? [] : [added]), `link set ${name} master ${bridge} up`]);
    for (const peer of peers) runProgram('bridge', ['fdb', 'append', '00:00:00:00:00:00', 'dev', name, 'dst', peer]);
  }

  createVlan({ name, parent, id }: { name: string; parent: string; id: number }): void {
    if (this.#find(name, undefined)) return;
    this.#batch([`link add link ${parent} name ${name} type vlan id ${id}`, `link set ${name} up`]);
  }

  supportsLink(kind: string): boolean {
    using socket = NetlinkSocket.open();
    return supportsKind(socket, kind);
  }

  changeLink(name: string, changes: LinkChanges, pin?: string): void {
    if (!this.#find(name, pin)) throw new Failure('not-found', `no such link: ${name}`, { details: { errno: 'ENODEV' } });
    const { mtu, mac, isUp } = changes;
    const words = [
      mtu === undefined ? '' : `mtu ${mtu}`,
      mac === undefined ? '' : `address ${mac}`,
      isUp === undefined ? '' : isUp ? 'up' : 'down',
    ];
    const set = words.filter((word) => word !== '').join(' ');
    const renamed = changes.name === undefined ? [] : [`link set ${name} name ${changes.name}`];
    this.#batch([...(set === '' ? [] : [`link set ${name} ${set}`]), ...renamed], pin);
  }

  removeLink(name: string, pin?: string): boolean {
    if (!this.#find(name, pin)) return false;
    try {
      this.#batch([`link delete ${name}`], pin);
      return true;
    } catch (thrown) {
      if (this.#find(name, pin)) throw thrown;
      return false; // the kernel was faster
    }
  }

  addAddress(link: string, address: Cidr, pin?: string): void {
    this.#batch([`addr replace ${addressWords(address, link)}`], pin);
  }

  removeAddress(link: string, address: Cidr, pin?: string): void {
    this.#batch([`addr del ${address} dev ${link}`], pin);
  }

  addRoute({ destination, gateway }: { destination: Cidr; gateway: string }, pin?: string): void {
    this.#batch([`route replace ${destination} via ${gateway}`], pin);
  }

  listLinks(pin?: string): Link[] {
    const rows = this.#json<IpLink>(['-s', '-d', 'link', 'show'], pin);
    const indices = new Map(rows.map((row) => [row.ifname, row.ifindex]));
    return rows.map((row) => ({
      index: row.ifindex,
      name: row.ifname,
      kind: row.linkinfo?.info_kind,
      isUp: row.flags.includes('UP'),
      operationalState: row.operstate.toLowerCase().replaceAll('lowerlayerdown', 'lower-layer-down') as Link['operationalState'],
      mtu: row.mtu,
      mac: row.address ?? '',
      masterIndex: row.master === undefined ? undefined : indices.get(row.master),
      belowIndex: row.link_index ?? (row.link === undefined || row.link === null ? undefined : indices.get(row.link)),
      counters: countersOf(row.stats64),
    }));
  }

  listAddresses(pin?: string): LinkAddress[] {
    return this.#json<IpAddress>(['addr', 'show'], pin).flatMap((row) =>
      row.addr_info.flatMap(({ local, prefixlen, scope, label }) =>
        local === undefined
          ? []
          : { linkIndex: row.ifindex, address: local, prefixLength: prefixlen, isLinkLocal: scope === 'link', label },
      ),
    );
  }

  listRoutes(pin?: string): Route[] {
    const indices = new Map(this.listLinks(pin).map((link) => [link.name, link.index]));
    const of = (family: Route['family'], rows: readonly IpRoute[]): Route[] =>
      rows
        .filter(({ type = 'unicast' }) => type === 'unicast')
        .map(({ dst, gateway, dev, metric }) => {
          const [destination = '', length] = (dst === 'default' ? (family === 'ipv4' ? '0.0.0.0/0' : '::/0') : dst).split('/');
          const whole = family === 'ipv4' ? 32 : 128;
          return {
            family,
            destination,
            prefixLength: length === undefined ? whole : Number(length),
            gateway,
            linkIndex: indices.get(dev ?? ''),
            metric,
          };
        });
    return [
      ...of('ipv4', this.#json<IpRoute>(['-4', 'route', 'show', 'table', 'main'], pin)),
      ...of('ipv6', this.#json<IpRoute>(['-6', 'route', 'show', 'table', 'main'], pin)),
    ];
  }

  #find(name: string, pin: string | undefined): Link | undefined {
    return this.listLinks(pin).find((link) => link.name === name);
  }

  #batch(lines: readonly string[], pin?: string): void {
    if (lines.length === 0) return;
    this.#namespaces.within(pin, () => runProgram('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` }));
  }

  #json<Row>(args: readonly string[], pin: string | undefined): Row[] {
    const text = this.#namespaces.within(pin, () => runProgram('ip', ['-json', ...args]));
    return text.trim() === '' ? [] : (JSON.parse(text) as Row[]);
  }
}

function insideLines({ name, addresses, routes }: Cable['inside']): string[] {
  const via = (gateway: string | undefined): string => (gateway === undefined ? '' : ` via ${gateway}`);
  return [
    ...addresses.map((address) => `addr add ${addressWords(address, name)}`),
    `link set ${name} up`,
    ...routes.map(({ destination, gateway }) => `route replace ${destination}${via(gateway)} dev ${name}`),
  ];
}

function addressWords(address: Cidr, link: string): string {
  return address.includes(':') ? `${address} dev ${link} nodad` : `${address} broadcast + dev ${link}`;
}

function countersOf({ rx, tx }: IpLink['stats64']): Link['counters'] {
  return {
    receivedBytes: rx.bytes,
    receivedPackets: rx.packets,
    receiveErrors: rx.errors,
    receiveDropped: rx.dropped,
    sentBytes: tx.bytes,
    sentPackets: tx.packets,
    sendErrors: tx.errors,
    sendDropped: tx.dropped,
  };
}
