import type { PublishedPort } from './sandboxes.ts';

/** What the rules are made from. */
export interface FirewallState {
  readonly bridges: readonly {
    readonly link: string;
    /** Of both families. */
    readonly subnets: readonly string[];
    readonly isInternal: boolean;
    readonly isMasqueraded: boolean;
    readonly mayTalk: boolean;
  }[];
  readonly ports: readonly PortTarget[];
  /** Ways between neighbours that may not talk otherwise. */
  readonly links?: readonly LinkTarget[];
}

/** A published port and the address it leads to. */
export interface PortTarget {
  readonly port: PublishedPort;
  readonly address: string;
}

/** A port of one container that another one on the same bridge may reach. */
export interface LinkTarget {
  /** Of the one that asks. */
  readonly from: string;
  readonly to: string;
  readonly protocol: PublishedPort['protocol'];
  readonly port: number;
}

/** One entry of a set or, with a value, of a map. */
export interface Element {
  readonly table: string;
  readonly set: string;
  readonly key: string;
  readonly value?: string;
}

function command(verb: 'add' | 'delete', { table, set, key, value }: Element): string {
  return `${verb} element ${table} ${set} { ${key}${verb === 'add' && value !== undefined ? ` : ${value}` : ''} }`;
}

type Family = 'ip' | 'ip6';
const familyOf = (address: string): Family => (address.includes(':') ? 'ip6' : 'ip');

/**
 * The nftables commands of one engine: three tables of its own, which nobody else writes. A port costs one map element, whatever their
 * number. The addresses of loopback reach a container by `route_localnet` on its bridge (IPv4; [::1] is left to the proxy, the kernel cannot
 * redirect it); the last chain keeps neighbours on the bridge from using that for the host's own loopback services.
 */
export class FirewallRules {
  readonly nat: Readonly<Record<Family, string>>;
  readonly filter: string;

  constructor(instance: string) {
    this.nat = { ip: `ip gantry_${instance}`, ip6: `ip6 gantry_${instance}` };
    this.filter = `inet gantry_${instance}_f`;
  }

  /** Replaces all by a state, in one transaction. */
  replace(state: FirewallState): string {
    return [this.remove(), this.#tables(), ...this.elements(state).map((element) => command('add', element))].join('\n');
  }

  get tables(): readonly string[] {
    return [this.nat.ip, this.nat.ip6, this.filter];
  }

  /** Removes all, also where there is nothing. */
  remove(): string {
    return this.tables.flatMap((table) => [`add table ${table}`, `delete table ${table}`]).join('\n');
  }

  add(part: Partial<FirewallState>): string {
    return this.elements(part)
      .map((element) => command('add', element))
      .join('\n');
  }

  delete(part: Partial<FirewallState>): string {
    return this.elements(part)
      .map((element) => command('delete', element))
      .join('\n');
  }

  /** What a state has in sets and maps; all else is the same for each. */
  elements({ bridges = [], ports = [], links = [] }: Partial<FirewallState>): Element[] {
    return [
      ...bridges.flatMap((bridge) => this.#bridgeElements(bridge)),
      ...ports.map((target) => this.#portElement(target)),
      ...links.map(({ from, to, protocol, port }) => {
        return { table: this.filter, set: 'links', key: `${from} . ${to} . ${protocol} . ${port}` };
      }),
    ];
  }

  #bridgeElements({ link, subnets, isInternal, isMasqueraded, mayTalk }: FirewallState['bridges'][number]): Element[] {
    const name = `"${link}"`;
    const inNat = (set: string) => (subnet: string) => ({ table: this.nat[familyOf(subnet)], set, key: subnet });
    return [
      ...this.tables.map((table) => ({ table, set: 'bridges', key: name })),
      ...(mayTalk ? [{ table: this.filter, set: 'same', key: `${name} . ${name}`, value: 'accept' }] : []),
      ...(isInternal ? [{ table: this.filter, set: 'internal', key: name }] : []),
      ...subnets.map(inNat('nets')),
      ...(isMasqueraded ? subnets.map(inNat('masqueraded')) : []),
    ];
  }

  #portElement({ port, address }: PortTarget): Element {
    const { protocol, hostPort, containerPort } = port;
    const isOnAll = ['', '0.0.0.0', '::'].includes(port.address);
    return {
      table: this.nat[familyOf(address)],
      set: isOnAll ? 'ports' : 'address_ports',
      key: `${isOnAll ? '' : `${port.address} . `}${protocol} . ${hostPort}`,
      value: `${address} . ${containerPort}`,
    };
  }

  #tables(): string {
    return `${this.#natTable('ip')}${this.#natTable('ip6')}
table ${this.filter} {
  map same { type ifname . ifname : verdict; }
  set internal { type ifname; }
  set bridges { type ifname; }
  set links { type ipv4_addr . ipv4_addr . inet_proto . inet_service; }
  chain forw { type filter hook forward priority -5; policy accept;
    ct state established,related accept;
    iifname . oifname vmap @same;
    ct status dnat iifname != @internal accept;
    iifname @bridges oifname @bridges ip saddr . ip daddr . meta l4proto . th dport @links accept;
    iifname @bridges oifname @bridges drop;
    iifname @internal drop;
    oifname @internal drop;
    iifname @bridges accept;
    oifname @bridges drop;
  }
}`;
  }

  #natTable(family: Family): string {
    const isFour = family === 'ip';
    const type = isFour ? 'ipv4_addr' : 'ipv6_addr';
    const redirect = (own: string, map: string): string =>
      `${isFour ? '' : 'ip6 daddr != ::1 '}fib daddr type local dnat ${family} addr . port to ${own}meta l4proto . th dport map ${map}`;
    const toPort = [redirect(`${family} daddr . `, '@address_ports'), redirect('', '@ports')].join('; ');
    return `
table ${this.nat[family]} {
  map ports { type inet_proto . inet_service : ${type} . inet_service; }
  map address_ports { type ${type} . inet_proto . inet_service : ${type} . inet_service; }
  set nets { type ${type}; flags interval; }
  set masqueraded { type ${type}; flags interval; }
  set bridges { type ifname; }
  chain pre { type nat hook prerouting priority -105; policy accept; ${toPort}; }
  chain out { type nat hook output priority -105; policy accept; ${toPort}; }
  chain post { type nat hook postrouting priority 95; policy accept;
    ${isFour ? 'ip saddr 127.0.0.0/8 oifname @bridges masquerade;' : ''}
    ct status dnat ${family} saddr @nets ${family} daddr @nets masquerade;
    ${family} saddr @masqueraded oifname != @bridges masquerade;
  }
  ${isFour ? 'chain loopback { type filter hook prerouting priority -300; policy accept; iifname @bridges ip daddr 127.0.0.0/8 drop; }' : ''}
}`;
  }
}
