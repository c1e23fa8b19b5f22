/** What `GET /gantry/topology` answers: how a host is wired, and what flows there. */
export interface Topology {
  readonly takenAtMs: number;
  /** What the rates are over. */
  readonly intervalMs: number;
  readonly links: readonly TopologyLink[];
  /** Of the host's main table. */
  readonly routes: readonly { readonly destination: string; readonly gateway?: string | undefined; readonly link?: string | undefined }[];
  readonly networks: readonly TopologyNetwork[];
  readonly endpoints: readonly TopologyEndpoint[];
  readonly ports: readonly TopologyPort[];
}

/** A link of the host. Received means by the host from it: for a container's cable what the container has sent. */
export interface TopologyLink {
  readonly name: string;
  /** `bridge`, `veth`, `vxlan`, …; undefined for hardware and loopback. */
  readonly kind?: string | undefined;
  readonly isUp: boolean;
  readonly mtu: number;
  readonly mac: string;
  /** The bridge that it is a port of. */
  readonly master?: string | undefined;
  /** The container whose cable it is, and the network whose bridge it is, by their full ids. */
  readonly container?: string | undefined;
  readonly networkId?: string | undefined;
  /** With prefix length. */
  readonly addresses: readonly string[];
  readonly totals: LinkFlow;
  /** Per second. */
  readonly rates: LinkFlow;
}

export interface LinkFlow {
  readonly receivedBytes: number;
  readonly receivedPackets: number;
  readonly receiveErrors: number;
  readonly receiveDropped: number;
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly sendErrors: number;
  readonly sendDropped: number;
}

export interface TopologyNetwork {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly isInternal: boolean;
  /** Its bridge, or the link that it lies upon. */
  readonly link?: string | undefined;
  readonly subnets: readonly { readonly subnet: string; readonly gateway: string }[];
}

/** A container in a network; containers and networks by their full ids. */
export interface TopologyEndpoint {
  readonly container: string;
  readonly containerName: string;
  readonly networkId: string;
  /** The network's name. */
  readonly network: string;
  /** The outer end of its cable; undefined where it has none (macvlan). */
  readonly link?: string | undefined;
  /** The link inside, as `eth0`. */
  readonly device: string;
  readonly mac: string;
  /** With prefix length. */
  readonly addresses: readonly string[];
  /** Its default route leads here. */
  readonly isGateway: boolean;
}

/** A published port. */
export interface TopologyPort {
  readonly protocol: string;
  /** '' for all addresses of the host. */
  readonly address: string;
  readonly hostPort: number;
  /** Its full id. */
  readonly container: string;
  readonly containerPort: number;
  /** Where it leads; none while the container has no address that is reached from outside. */
  readonly targets: readonly string[];
}

/** The stations of a way, in their order. */
export const probeHops = ['name', 'route', 'link', 'firewall', 'host', 'port'] as const;
export type ProbeHop = (typeof probeHops)[number];

/** What `POST /gantry/topology/probe` answers: whether a container reaches `host:port` by TCP, and where the way ends if it does not. */
export interface ProbeResult {
  readonly isReachable: boolean;
  /** What the name stands for. */
  readonly address?: string | undefined;
  readonly failedAt?: ProbeHop | undefined;
  /** One sentence. */
  readonly message: string;
  readonly elapsedMs: number;
}
