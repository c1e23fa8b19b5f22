import { setTimeout as delay } from 'node:timers/promises';
import type { LinkFlow, Topology, TopologyEndpoint, TopologyLink, TopologyPort } from '@gantry/engine-api';
import type { Link, LinkCounters } from '@gantry/linux';
import { gatewayEndpoint, type NetworkHost, portTargets } from './network-host.ts';
import type { EndpointRecord, SandboxRecord } from './sandbox-record.ts';

/** Rates over less than that tell of chance, over more of the past. */
const shortestMs = 200;
const longestMs = 10_000;

interface Sample {
  readonly atMs: number;
  readonly links: readonly Link[];
}

type Host = Pick<NetworkHost, 'kernel' | 'registry' | 'live'>;

/** How the host is wired. Rates are over the time since the last question, or where that is long ago over a fifth of a second that the answer takes. */
export class TopologySource {
  readonly #host: Host;
  #former: Sample | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  async take(signal: AbortSignal): Promise<Topology> {
    const former = await this.#formerSample(signal);
    const now = await this.#sample();
    const { kernel, registry, live } = this.#host;
    const [addresses, routes] = await Promise.all([kernel.listAddresses(), kernel.listRoutes()]);
    const nameOf = (index: number | undefined): string | undefined => now.links.find((link) => link.index === index)?.name;
    this.#former = now;
    const intervalMs = now.atMs - former.atMs;
    const records = [...live.values()].map(({ record }) => record);
    return {
      takenAtMs: Date.now(),
      intervalMs: Math.round(intervalMs),
      links: now.links.map((link): TopologyLink => ({
        ...{ name: link.name, kind: link.kind, isUp: link.isUp, mtu: link.mtu, mac: link.mac, master: nameOf(link.masterIndex) },
        addresses: addresses
          .filter(({ linkIndex }) => linkIndex === link.index)
          .map(({ address, prefixLength }) => `${address}/${prefixLength}`),
        totals: link.counters,
        rates: ratesOf(
          link,
          former.links.find(({ index }) => index === link.index),
          intervalMs,
        ),
      })),
      routes: routes.map(({ destination, prefixLength, gateway, linkIndex }) => ({
        ...{ destination: `${destination}/${prefixLength}`, gateway, link: nameOf(linkIndex) },
      })),
      networks: registry.list().map(({ id, name, driver, isInternal, bridge, pools }) => ({
        ...{ id, name, driver, isInternal, link: bridge === '' ? undefined : bridge },
        subnets: pools.map(({ subnet, gateway }) => ({ subnet, gateway })),
      })),
      endpoints: records.flatMap((record) => this.#endpointsOf(record, new Set(now.links.map(({ name }) => name)))),
      ports: records.flatMap((record) => this.#portsOf(record)),
    };
  }

  async #formerSample(signal: AbortSignal): Promise<Sample> {
    const former = this.#former;
    const ageMs = former ? performance.now() - former.atMs : Infinity;
    if (former && ageMs >= shortestMs && ageMs <= longestMs) return former;
    const fresh = await this.#sample();
    await delay(shortestMs, undefined, { signal });
    return fresh;
  }

  async #sample(): Promise<Sample> {
    const links = await this.#host.kernel.listLinks();
    return { atMs: performance.now(), links };
  }

  #endpointsOf(record: SandboxRecord, links: ReadonlySet<string>): TopologyEndpoint[] {
    const gateway = gatewayEndpoint(this.#host.registry, record.endpoints);
    return record.endpoints.map((endpoint) => ({
      ...{ container: record.container, containerName: record.containerName, network: endpoint.networkName },
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

const leasesOf = ({ ipv4, ipv6 }: EndpointRecord) => [ipv4, ipv6].filter((lease) => lease !== undefined);

function ratesOf({ counters }: Link, former: Link | undefined, intervalMs: number): LinkFlow {
  const rate = (name: keyof LinkCounters): number =>
    former ? Math.max(0, Math.round(((counters[name] - former.counters[name]) * 1000) / intervalMs)) : 0;
  return {
    receivedBytes: rate('receivedBytes'),
    receivedPackets: rate('receivedPackets'),
    receiveErrors: rate('receiveErrors'),
    receiveDropped: rate('receiveDropped'),
    sentBytes: rate('sentBytes'),
    sentPackets: rate('sentPackets'),
    sendErrors: rate('sendErrors'),
    sendDropped: rate('sendDropped'),
  };
}
