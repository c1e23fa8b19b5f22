import type { ContainerId, NetworkId } from '../ids.ts';

/**
 * A port that a container asks for, and after `join` the port that it has. Address '' means all; host port 0 means any free one, and with a last
 * host port the first free one of a range.
 */
export interface PublishedPort {
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly address: string;
  readonly hostPort: number;
  readonly lastHostPort?: number;
  /** Where there is a choice: taken if it is free. */
  readonly preferredHostPort?: number;
}

/** What a container asks of the network; `networks` is keyed by the name or id that the request named. */
export interface SandboxRequest {
  readonly container: ContainerId;
  readonly containerName: string;
  readonly hostname: string;
  readonly domainname: string;
  /** `bridge`, `default`, `host`, `none`, or the name or id of a network; `container:` is resolved by the caller. */
  readonly networkMode: string;
  readonly networks: Readonly<Record<string, EndpointRequest>>;
  readonly ports: readonly PublishedPort[];
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
  /** As `name:address`; `host-gateway` as address. */
  readonly extraHosts: readonly string[];
  readonly sysctls: Readonly<Record<string, string>>;
  /** What it may reach of others on the default bridge where neighbours may not talk to each other (`--link`). */
  readonly links?: readonly SandboxLink[];
  /** The path of the network namespace to take, one that belongs to the container's user namespace; undefined: a new one. */
  readonly namespace?: string | undefined;
}

/** Ports of another container. */
export interface SandboxLink {
  readonly container: ContainerId;
  readonly ports: readonly { readonly port: number; readonly protocol: PublishedPort['protocol'] }[];
}

export interface EndpointRequest {
  readonly aliases: readonly string[];
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
  readonly macAddress?: string;
  readonly links?: readonly string[];
  /** Addresses beside the others, without a network of their own. */
  readonly linkLocalAddresses?: readonly string[];
  /** The network with the highest one has the default route; 0 where nobody says. */
  readonly gatewayPriority?: number;
  /** What it calls the link inside, in place of `eth0`. */
  readonly device?: string;
  /** Settings of the link inside, by names as `net.ipv4.conf.IFNAME.log_martians`. */
  readonly sysctls?: Readonly<Record<string, string>>;
}

export interface Endpoint {
  readonly networkName: string;
  readonly networkId: NetworkId;
  readonly endpointId: string;
  readonly macAddress: string;
  readonly ipv4?: { readonly address: string; readonly prefixLength: number; readonly gateway: string };
  readonly ipv6?: { readonly address: string; readonly prefixLength: number; readonly gateway: string };
  readonly aliases: readonly string[];
  readonly gatewayPriority?: number | undefined;
}

/** A container's joined network. */
export interface Sandbox {
  /** The pinned network namespace; undefined for `host`. */
  readonly namespacePath: string | undefined;
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly PublishedPort[];
  /** What the container's files say; the caller writes and mounts them. */
  readonly files: { readonly hosts: string; readonly resolvConf: string };
}

/** What containers need of networks. Each step may run twice. */
export interface SandboxesForContainers {
  /** A network by its name or id; undefined: there is none. */
  network(reference: string): { readonly id: string; readonly name: string } | undefined;
  /** Makes namespace, endpoints, published ports and DNS. An unknown network is `not-found`, a wrong address `invalid`. Fails whole and leaves nothing. A taken port is a `conflict` in dockerd's words. */
  join(request: SandboxRequest, signal: AbortSignal): Promise<Sandbox>;
  /** Takes up a sandbox that a former engine process made (recovery): binds its DNS and port reservations again. */
  adopt(request: SandboxRequest, sandbox: Sandbox): Promise<void>;
  /** A joined container has another name from now on, for its neighbours and in inspect; others are no error. */
  rename(container: ContainerId, name: string): Promise<void>;
  /** Releases all of it; unknown containers are no error. */
  leave(container: ContainerId): Promise<void>;
}
