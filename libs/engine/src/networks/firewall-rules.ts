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
}

/** A published port and the address it leads to. */
export interface PortTarget {
  readonly port: PublishedPort;
  readonly address: string;
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
    return [this.remove(), this.#tables(), ...state.bridges.map((bridge) => this.addBridge(bridge)), ...this.#allPorts(state.ports)].join(
      '\n',
    );
  }

  get tables(): readonly string[] {
    return [this.nat.ip, this.nat.ip6, this.filter];
  }

  /** Removes all, also where there is nothing. */
  remove(): string {
    return this.tables.flatMap((table) => [`add table ${table}`, `delete table ${table}`]).join('\n');
  }

  addBridge({ link, subnets, isInternal, isMasqueraded, mayTalk }: FirewallState['bridges'][number]): string {
    return this.#bridgeElements('add', { link, subnets, isInternal, isMasqueraded, mayTalk }).join('\n');
  }

  removeBridge(bridge: FirewallState['bridges'][number]): string {
    return this.#bridgeElements('delete', bridge).join('\n');
  }

  addPorts(ports: readonly PortTarget[]): string {
    return ports.map((target) => this.#portElement('add', target)).join('\n');
  }

  removePorts(ports: readonly PortTarget[]): string {
    return ports.map((target) => this.#portElement('delete', target)).join('\n');
  }

  #allPorts(ports: readonly PortTarget[]): string[] {
    return ports.length === 0 ? [] : [this.addPorts(ports)];
  }

  #bridgeElements(verb: 'add' | 'delete', bridge: FirewallState['bridges'][number]): string[] {
    const { link, subnets, isInternal, isMasqueraded, mayTalk } = bridge;
    const element = (table: string, set: string, value: string): string => `${verb} element ${table} ${set} { ${value} }`;
    const pair = `"${link}" . "${link}"${verb === 'add' ? ' : accept' : ''}`;
    return [
      element(this.nat.ip, 'bridges', `"${link}"`),
      element(this.nat.ip6, 'bridges', `"${link}"`),
      element(this.filter, 'bridges', `"${link}"`),
      ...(mayTalk ? [element(this.filter, 'same', pair)] : []),
      ...(isInternal ? [element(this.filter, 'internal', `"${link}"`)] : []),
      ...subnets.map((subnet) => element(this.nat[familyOf(subnet)], 'nets', subnet)),
      ...(isMasqueraded ? subnets.map((subnet) => element(this.nat[familyOf(subnet)], 'masqueraded', subnet)) : []),
    ];
  }

  #portElement(verb: 'add' | 'delete', { port, address }: PortTarget): string {
    const { protocol, hostPort, containerPort } = port;
    const isOnAll = ['', '0.0.0.0', '::'].includes(port.address);
    const key = isOnAll ? `${protocol} . ${hostPort}` : `${port.address} . ${protocol} . ${hostPort}`;
    const value = verb === 'add' ? ` : ${address} . ${containerPort}` : '';
    return `${verb} element ${this.nat[familyOf(address)]} ${isOnAll ? 'ports' : 'address_ports'} { ${key}${value} }`;
  }

  #tables(): string {
    return `${this.#natTable('ip')}${this.#natTable('ip6')}
table ${this.filter} {
  map same { type ifname . ifname : verdict; }
  set internal { type ifname; }
  set bridges { type ifname; }
  chain forw { type filter hook forward priority -5; policy accept;
    ct state established,related accept;
    iifname . oifname vmap @same;
    ct status dnat iifname != @internal accept;
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
