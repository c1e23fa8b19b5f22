import type { FleetRow, Topology, TopologyEndpoint, TopologyLink, TopologyNetwork, TopologyPort } from '@gantry/engine-api';

/** A container in a network, with what flows over its cable. */
export interface PictureEndpoint extends TopologyEndpoint {
  /** Bytes per second that the container receives and sends; undefined where nobody measures them. */
  readonly receiveBps: number | undefined;
  readonly sendBps: number | undefined;
}

export interface PictureNetwork extends TopologyNetwork {
  readonly endpoints: readonly PictureEndpoint[];
}

/** What the picture of a host is drawn from. */
export interface HostView {
  /** Cards of the machine that lead out, busiest first. */
  readonly cards: readonly TopologyLink[];
  /** Those with containers first, the fullest first; networks without a link of their own (`none`) are left out while they are empty. */
  readonly networks: readonly PictureNetwork[];
  readonly ports: readonly TopologyPort[];
}

/** Sorts an answer of `/gantry/topology` by what hangs on what. The host's received bytes of a cable are what its container sent. */
export function hostView(topology: Topology): HostView {
  const links = new Map(topology.links.map((link) => [link.name, link] as const));
  const byNetwork = Map.groupBy(topology.endpoints, ({ networkId }) => networkId);
  const routed = new Set(topology.routes.map(({ link }) => link));
  const endpoints = ({ id }: TopologyNetwork): PictureEndpoint[] =>
    (byNetwork.get(id) ?? [])
      .map((endpoint) => {
        const rates = endpoint.link === undefined ? undefined : links.get(endpoint.link)?.rates;
        return { ...endpoint, receiveBps: rates?.sentBytes, sendBps: rates?.receivedBytes };
      })
      .sort((a, b) => a.containerName.localeCompare(b.containerName, 'en', { numeric: true }));
  return {
    cards: topology.links.filter((link) => isCard(link) && (routed.has(link.name) || link.addresses.length > 0)).sort(busiestFirst),
    networks: topology.networks
      .map((network) => ({ ...network, endpoints: endpoints(network) }))
      .filter(({ endpoints: found, link }) => found.length > 0 || link !== undefined)
      .sort((a, b) => b.endpoints.length - a.endpoints.length || a.name.localeCompare(b.name)),
    ports: topology.ports,
  };
}

const isCard = ({ kind, name }: TopologyLink): boolean =>
  name !== 'lo' && !['bridge', 'veth', 'vxlan', 'macvlan', 'ipvlan', 'dummy'].includes(kind ?? '');

const busiestFirst = (a: TopologyLink, b: TopologyLink): number =>
  b.rates.receivedBytes + b.rates.sentBytes - a.rates.receivedBytes - a.rates.sentBytes;

/** The same for a host whose engine does not tell how it is wired: what the fleet knows of its containers' networks. */
export function hostViewOfRows(rows: readonly FleetRow[]): HostView {
  const networks = new Map<string, PictureEndpoint[]>();
  for (const row of rows) {
    for (const { name, ipv4, ipv6 } of row.networks) {
      const endpoint = {
        ...{ container: row.id, containerName: row.name, networkId: '', network: name, device: '', mac: '', isGateway: false },
        ...{ addresses: [ipv4, ipv6].filter((address) => address !== undefined), receiveBps: undefined, sendBps: undefined },
      };
      networks.set(name, [...(networks.get(name) ?? []), endpoint]);
    }
  }
  return {
    cards: [],
    networks: [...networks].map(([name, endpoints]) => ({ id: name, name, driver: '', isInternal: false, subnets: [], endpoints })),
    ports: rows.flatMap(({ id, ports }) =>
      ports
        .filter(({ hostPort }) => hostPort > 0)
        .map(({ protocol, address, hostPort, containerPort }) => ({
          protocol,
          address,
          hostPort,
          container: id,
          containerPort,
          targets: [],
        })),
    ),
  };
}
