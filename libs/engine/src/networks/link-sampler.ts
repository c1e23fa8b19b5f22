import { setTimeout as delay } from 'node:timers/promises';
import type { LinkFlow, Topology, TopologyLink } from '@gantry/engine-api';
import type { Kernel, Link, LinkCounters } from '@gantry/linux';

/** Rates over less than that tell of chance, over more of the past. */
const shortestMs = 200;
const longestMs = 10_000;

type Listing = Pick<Kernel, 'listLinks' | 'listAddresses' | 'listRoutes'>;

interface Sample {
  readonly atMs: number;
  readonly links: readonly Link[];
}

/** Whose a link is, by full ids. */
export type LinkOwner = Pick<TopologyLink, 'container' | 'networkId'>;

/** The links of a host at one moment. */
export interface SampledLinks extends Pick<Topology, 'takenAtMs' | 'intervalMs' | 'routes'> {
  readonly all: readonly Link[];
  /** In the form of the API, with what is said of their owners by name. */
  readonly links: (owners: ReadonlyMap<string, LinkOwner>) => TopologyLink[];
}

/** Rates are over the time since the last question, or where that is long ago over a fifth of a second that the answer takes. */
export class LinkSampler {
  #former: Sample | undefined;

  async take(kernel: Listing, signal: AbortSignal): Promise<SampledLinks> {
    const former = await this.#formerSample(kernel, signal);
    const now = await sample(kernel);
    const [addresses, routes] = await Promise.all([kernel.listAddresses(), kernel.listRoutes()]);
    const nameOf = (index: number | undefined): string | undefined => now.links.find((link) => link.index === index)?.name;
    this.#former = now;
    const intervalMs = now.atMs - former.atMs;
    const formerOf = (link: Link): Link | undefined => former.links.find(({ index }) => index === link.index);
    const addressesOf = (link: Link): string[] =>
      addresses.filter(({ linkIndex }) => linkIndex === link.index).map(({ address, prefixLength }) => `${address}/${prefixLength}`);
    return {
      takenAtMs: Date.now(),
      intervalMs: Math.round(intervalMs),
      all: now.links,
      links: (owners) =>
        now.links.map((link) => ({
          ...{ name: link.name, kind: link.kind, isUp: link.isUp, mtu: link.mtu, mac: link.mac, master: nameOf(link.masterIndex) },
          ...owners.get(link.name),
          ...{ addresses: addressesOf(link), totals: link.counters, rates: ratesOf(link, formerOf(link), intervalMs) },
        })),
      routes: routes.map(({ destination, prefixLength, gateway, linkIndex }) => ({
        ...{ destination: `${destination}/${prefixLength}`, gateway, link: nameOf(linkIndex) },
      })),
    };
  }

  async #formerSample(kernel: Listing, signal: AbortSignal): Promise<Sample> {
    const former = this.#former;
    const ageMs = former ? performance.now() - former.atMs : Infinity;
    if (former && ageMs >= shortestMs && ageMs <= longestMs) return former;
    const fresh = await sample(kernel);
    await delay(shortestMs, undefined, { signal });
    return fresh;
  }
}

async function sample(kernel: Listing): Promise<Sample> {
  const links = await kernel.listLinks();
  return { atMs: performance.now(), links };
}

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
