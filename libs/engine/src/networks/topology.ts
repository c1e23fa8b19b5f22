import type { Topology, TopologyEndpoint, TopologyPort } from '@gantry/engine-api';
import { LinkSampler, type LinkOwner } from './link-sampler.ts';
import { gatewayEndpoint, type NetworkHost, portTargets } from './network-host.ts';
import type { Network } from './network.ts';
import type { EndpointRecord, SandboxRecord } from './sandbox-record.ts';

type Host = Pick<NetworkHost, 'kernel' | 'registry' | 'live'>;

/** How the host is wired. Rates are those of `LinkSampler`. */
export class TopologySource {
  readonly #host: Host;
  readonly #sampler = new LinkSampler();

  constructor(host: Host) {
    this.#host = host;
  }

  async take(signal: AbortSignal): Promise<Topology> {
    const { kernel, registry, live } = this.#host;
    const { takenAtMs, intervalMs, routes, all, links } = await this.#sampler.take(kernel, signal);
    const records = [...live.values()].map(({ record }) => record);
    const names = new Set(all.map(({ name }) => name));
    return {
      ...{ takenAtMs, intervalMs, routes, links: links(ownersOf(registry.list(), records)) },
      networks: registry.list().map(({ id, name, driver, isInternal, bridge, pools }) => ({
        ...{ id, name, driver, isInternal, link: bridge === '' ? undefined : bridge },
        subnets: pools.map(({ subnet, gateway }) => ({ subnet, gateway })),
      })),
      endpoints: records.flatMap((record) => this.#endpointsOf(record, names)),
      ports: records.flatMap((record) => this.#portsOf(record)),
    };
  }

  #endpointsOf(record: SandboxRecord, links: ReadonlySet<string>): TopologyEndpoint[] {
    const gateway = gatewayEndpoint(this.#host.registry, record.endpoints);
    return record.endpoints.map((endpoint) => ({
      ...{ container: record.container, containerName: record.containerName },
      ...{ networkId: endpoint.networkId, network: endpoint.networkName },
      ...{ link: links.has(endpoint.link) ? endpoint.link : undefined, device: endpoint.device, mac: endpoint.macAddress },
      addresses: leasesOf(endpoint).map(({ address, prefixLength }) => `${address}/${prefixLength}`),
      isGateway: endpoint === gateway,
    }));
  }

  #portsOf(record: SandboxRecord): TopologyPort[] {
    const targets = portTargets(this.#host.registry, record);
    return record.ports.map((port) => ({
      ...{
        protocol: port.protocol,
        address: port.address,
        hostPort: port.hostPort,
        container: record.container,
        containerPort: port.containerPort,
      },
      targets: targets.filter((target) => target.port === port).map(({ address }) => address),
    }));
  }
}

/** Whose links are: bridges of networks, cables of containers. */
function ownersOf(networks: readonly Network[], records: readonly SandboxRecord[]): ReadonlyMap<string, LinkOwner> {
  const bridges = networks.filter(({ bridge }) => bridge !== '').map(({ bridge, id }) => [bridge, { networkId: id }] as const);
  const cables = records.flatMap(({ container, endpoints }) =>
    endpoints.map(({ link, networkId }) => [link, { container, networkId }] as const),
  );
  return new Map<string, LinkOwner>([...bridges, ...cables]);
}

const leasesOf = ({ ipv4, ipv6 }: EndpointRecord) => [ipv4, ipv6].filter((lease) => lease !== undefined);
