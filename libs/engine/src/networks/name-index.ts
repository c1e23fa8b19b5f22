import type { ContainerId, NetworkId } from '../ids.ts';
import type { NameView } from './name-server.ts';
import type { OverlayNames } from './overlay-names.ts';
import type { LiveSandbox } from './network-host.ts';
import type { EndpointRecord } from './sandbox-record.ts';

interface NetworkNames {
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  readonly names: ReadonlyMap<string, string>;
}

/** Who is who in each user-defined network; made when it is asked for and dropped when somebody comes or goes. */
export class NameIndex {
  readonly #live: ReadonlyMap<ContainerId, LiveSandbox>;
  readonly #overlays: ReadonlyMap<NetworkId, OverlayNames>;
  readonly #networks = new Map<NetworkId, NetworkNames>();
  /** By type of record. */
  readonly #turns = new Map<number, number>();
  #generation = 0;

  constructor(live: ReadonlyMap<ContainerId, LiveSandbox>, overlays: ReadonlyMap<NetworkId, OverlayNames>) {
    this.#live = live;
    this.#overlays = overlays;
  }

  /** The addresses that a name of a network has on this host. */
  addressesIn(network: NetworkId, name: string): readonly string[] | undefined {
    return this.#namesIn(network).addresses.get(name);
  }

  /** Somebody came, went or has another name. */
  changed(): void {
    this.#networks.clear();
    this.#generation++;
  }

  /** What one container may know: the names of its own networks and its links there as they are at each question. */
  viewOf(container: ContainerId): NameView {
    const live = this.#live;
    const endpoints = (): readonly EndpointRecord[] => live.get(container)?.record.endpoints ?? [];
    const addressesOf = (name: string): readonly string[] | undefined => {
      for (const { networkId, links = [] } of endpoints()) {
        const { addresses } = this.#namesIn(networkId);
        const found = addresses.get(linkedName(links, name) ?? name);
        if (found) return found;
      }
      return undefined;
    };
    const generation = (): number => this.#generation;
    return {
      get generation() {
        return generation();
      },
      nextTurn: (type) => {
        const turn = this.#turns.get(type) ?? 0;
        this.#turns.set(type, turn + 1);
        return turn;
      },
      addressesOf,
      get upstreams() {
        return live.get(container)?.upstreams ?? [];
      },
      remoteAddressesOf: async (name) => {
        for (const { networkId, networkName } of endpoints()) {
          if (name.includes('.') && !name.endsWith(`.${networkName.toLowerCase()}`)) continue;
          const found = await this.#overlays.get(networkId)?.find(name);
          if (found) return found;
        }
        return undefined;
      },
      nameOf: (address) =>
        endpoints()
          .map(({ networkId }) => this.#namesIn(networkId).names.get(address))
          .find((name) => name !== undefined),
    };
  }

  #namesIn(network: NetworkId): NetworkNames {
    const known = this.#networks.get(network);
    if (known) return known;
    const addresses = new Map<string, string[]>();
    const names = new Map<string, string>();
    for (const { record } of this.#live.values()) {
      for (const endpoint of record.endpoints) if (endpoint.networkId === network) note(endpoint, addresses, names);
    }
    const made = { addresses, names };
    this.#networks.set(network, made);
    return made;
  }
}

/** A name of a container is known alone and with the network's name behind it. */
function note(endpoint: EndpointRecord, addresses: Map<string, string[]>, names: Map<string, string>): void {
  const own = [endpoint.ipv4?.address, endpoint.ipv6?.address].filter((address) => address !== undefined);
  for (const alias of endpoint.aliases.map((name) => name.toLowerCase())) {
    for (const name of [alias, `${alias}.${endpoint.networkName.toLowerCase()}`]) {
      addresses.set(name, [...(addresses.get(name) ?? []), ...own]);
    }
  }
  const [first] = endpoint.aliases;
  if (first !== undefined) for (const address of own) names.set(address, `${first}.${endpoint.networkName}`);
}

/** The container that a link `other:alias` calls so. */
function linkedName(links: readonly string[], name: string): string | undefined {
  for (const link of links) {
    const [other = '', alias = other] = link.toLowerCase().split(':');
    if (alias === name) return other.replace(/^\//, '');
  }
  return undefined;
}
