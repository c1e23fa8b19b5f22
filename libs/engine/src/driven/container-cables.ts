import type { Kernel } from '@gantry/linux';
import { openContainerProcess } from './container-process.ts';
import type { InspectedContainer, InspectedEndpoint } from './engine-questions.ts';

/** A network of a container as its own network namespace has it. */
export interface ContainerCable {
  readonly networkId: string;
  readonly networkName: string;
  /** The link inside, as `eth0`; '' where none has the address of the endpoint. */
  readonly device: string;
  readonly mac: string;
  /** With prefix length. */
  readonly addresses: readonly string[];
  /** The default route of either family leads here. */
  readonly isGateway: boolean;
  /** The number of its other end on the host; undefined where it is no cable (macvlan). */
  readonly outerIndex: number | undefined;
}

type Listing = Pick<Kernel, 'listLinks' | 'listAddresses' | 'listRoutes'>;

/** Reads the links of a running container in its namespace. Fails with `unsupported` where its process is not this host's. */
export async function cablesOf(kernel: Listing, container: InspectedContainer): Promise<ContainerCable[]> {
  const endpoints = endpointsOf(container);
  if (endpoints.length === 0) return [];
  using process = openContainerProcess(container);
  const pin = `${process.path}/ns/net`;
  const [links, addresses, routes] = await Promise.all([kernel.listLinks(pin), kernel.listAddresses(pin), kernel.listRoutes(pin)]);
  const ways = new Set(routes.filter(({ prefixLength }) => prefixLength === 0).map(({ linkIndex }) => linkIndex));
  return endpoints.map(([name, endpoint]) => {
    const own = addressesOf(endpoint);
    const index = addresses.find(({ address }) => own.some((each) => each.startsWith(`${address}/`)))?.linkIndex;
    const link = links.find((each) => each.index === index);
    return {
      ...{ networkId: endpoint.NetworkID ?? '', networkName: name },
      ...{ device: link?.name ?? '', mac: link?.mac ?? endpoint.MacAddress ?? '', addresses: own },
      isGateway: link !== undefined && ways.has(link.index),
      outerIndex: link?.kind === 'veth' ? link.belowIndex : undefined,
    };
  });
}

/** Networks that it is in; none of a container that has the network of its host or of another container. */
function endpointsOf({ NetworkSettings }: Pick<InspectedContainer, 'NetworkSettings'>): [string, InspectedEndpoint][] {
  return Object.entries(NetworkSettings?.Networks ?? {}).flatMap(([name, endpoint]) =>
    endpoint && addressesOf(endpoint).length > 0 ? [[name, endpoint]] : [],
  );
}

function addressesOf({ IPAddress, IPPrefixLen, GlobalIPv6Address, GlobalIPv6PrefixLen }: InspectedEndpoint): string[] {
  return [
    ...(IPAddress ? [`${IPAddress}/${IPPrefixLen ?? 32}`] : []),
    ...(GlobalIPv6Address ? [`${GlobalIPv6Address}/${GlobalIPv6PrefixLen ?? 128}`] : []),
  ];
}
