import type { PublishedPort } from './sandboxes.ts';

/** What the rules are made from. */
export interface FirewallState {
  readonly bridges: readonly {
    readonly link: string;
    /** IPv4 subnets. */
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

/**
 * The nftables commands of one engine: two tables of its own, which nobody else writes. A port costs one map element, whatever their
 * number. The addresses of loopback reach a container by `route_localnet` on its bridge; the last chain keeps neighbours on the bridge from
 * using that for the host's own loopback services.
 */
export class FirewallRules {
  readonly nat: string;
  readonly filter: string;

  constructor(instance: string) {
    this.nat = `ip gantry_${instance}`;
    this.filter = `inet gantry_${instance}_f`;
  }

  /** Replaces all by a state, in one transaction. */
  replace(state: FirewallState): string {
    return [this.remove(), this.#tables(), ...state.bridges.map((bridge) => this.addBridge(bridge)), ...this.#allPorts(state.ports)].join(
      '\n',
    );
  }

  /** Removes all, also where there is nothing. */
  remove(): string {
    return [this.nat, this.filter].flatMap((table) => [`add table ${table}`, `delete table ${table}`]).join('\n');
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
      element(this.nat, 'bridges', `"${link}"`),
      element(this.filter, 'bridges', `"${link}"`),
      ...(mayTalk ? [element(this.filter, 'same', pair)] : []),
      ...(isInternal ? [element(this.filter, 'internal', `"${link}"`)] : []),
      ...subnets.map((subnet) => element(this.nat, 'nets', subnet)),
      ...(isMasqueraded ? subnets.map((subnet) => element(this.nat, 'masqueraded', subnet)) : []),
    ];
  }

  #portElement(verb: 'add' | 'delete', { port, address }: PortTarget): string {
    const { protocol, hostPort, containerPort } = port;
    const isOnAll = port.address === '' || port.address === '0.0.0.0';
    const key = isOnAll ? `${protocol} . ${hostPort}` : `${port.address} . ${protocol} . ${hostPort}`;
    const value = verb === 'add' ? ` : ${address} . ${containerPort}` : '';
    return `${verb} element ${this.nat} ${isOnAll ? 'ports' : 'address_ports'} { ${key}${value} }`;
  }

  #tables(): string {
    const toPort = ['@address_ports', '@ports'].map(
      (map, index) => `fib daddr type local dnat ip addr . port to ${index === 0 ? 'ip daddr . ' : ''}meta l4proto . th dport map ${map}`,
    );
    return `
table ${this.nat} {
  map ports { type inet_proto . inet_service : ipv4_addr . inet_service; }
  map address_ports { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
  set nets { type ipv4_addr; flags interval; }
  set masqueraded { type ipv4_addr; flags interval; }
  set bridges { type ifname; }
  chain pre { type nat hook prerouting priority -105; policy accept; ${toPort.join('; ')}; }
  chain out { type nat hook output priority -105; policy accept; ${toPort.join('; ')}; }
  chain post { type nat hook postrouting priority 95; policy accept;
    ip saddr 127.0.0.0/8 oifname @bridges masquerade;
    ct status dnat ip saddr @nets ip daddr @nets masquerade;
    ip saddr @masqueraded oifname != @bridges masquerade;
  }
  chain loopback { type filter hook prerouting priority -300; policy accept; iifname @bridges ip daddr 127.0.0.0/8 drop; }
}
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
}
