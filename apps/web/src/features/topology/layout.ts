import type { HostView, PictureEndpoint, PictureNetwork } from './host-view.ts';

export const sizes = { column: 156, gap: 14, margin: 22, card: 58, top: 44, network: 40, endpoint: 34, space: 6, below: 22 } as const;
export const mostEndpoints = 6;

export interface Placed<Item> {
  readonly key: string;
  readonly item: Item;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Wire {
  readonly key: string;
  readonly path: string;
  readonly bps: number;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly networks: readonly Placed<PictureNetwork>[];
  readonly endpoints: readonly Placed<{ readonly endpoint: PictureEndpoint; readonly network: PictureNetwork }>[];
  /** How many are not drawn, below the last that is. */
  readonly more: readonly Placed<{ readonly network: PictureNetwork; readonly count: number }>[];
  readonly wires: readonly Wire[];
}

/**
 * Places a host's networks in columns, as many rows of them as the width asks for, and under each its containers. The same view has always the same
 * picture: nothing is simulated, nothing wanders. More than six containers of a network are one box.
 */
export function layoutHost(view: HostView, width: number): Picture {
  const columns = Math.max(1, Math.floor((width - 2 * sizes.margin + sizes.gap) / (sizes.column + sizes.gap)));
  const placing = new Placing(view.cards.length > 0 ? width - sizes.card : undefined);
  let top: number = sizes.top;
  for (let from = 0; from < view.networks.length; from += columns) {
    const row = view.networks.slice(from, from + columns);
    row.forEach((network, index) => placing.network(network, { x: sizes.margin + index * (sizes.column + sizes.gap), y: top }));
    top += Math.max(...row.map(heightOf)) + sizes.below;
  }
  const used = Math.min(columns, Math.max(1, view.networks.length));
  return {
    ...{ networks: placing.networks, endpoints: placing.endpoints, more: placing.more, wires: placing.wires },
    width: Math.max(width, 2 * sizes.margin + used * (sizes.column + sizes.gap) - sizes.gap),
    height: Math.max(top, sizes.top + sizes.network) + 4,
  };
}

function heightOf({ endpoints }: PictureNetwork): number {
  const lines = Math.min(endpoints.length, mostEndpoints) + (endpoints.length > mostEndpoints ? 1 : 0);
  return sizes.network + lines * (sizes.endpoint + sizes.space);
}

class Placing {
  readonly networks: Placed<PictureNetwork>[] = [];
  readonly endpoints: Placed<{ readonly endpoint: PictureEndpoint; readonly network: PictureNetwork }>[] = [];
  readonly more: Placed<{ readonly network: PictureNetwork; readonly count: number }>[] = [];
  readonly wires: Wire[] = [];

  /** Where the wires come from: below the card of network at the right above, where there is one. */
  readonly #card: number | undefined;

  constructor(card: number | undefined) {
    this.#card = card;
  }

  /** Along above the first row, and for a row further down by the left. */
  #way({ x, y }: { x: number; y: number }): string {
    const first = sizes.top - 10;
    const start = this.#card === undefined ? `M8 ${first}` : `M${this.#card} 0 V${first}`;
    return `${start}${y - 10 > first ? ` H8 V${y - 10}` : ''} H${x + sizes.column / 2} V${y}`;
  }

  network(network: PictureNetwork, at: { x: number; y: number }): void {
    const { id, endpoints } = network;
    this.networks.push({ key: id, item: network, ...at, width: sizes.column, height: sizes.network });
    const bps = endpoints.reduce((sum, endpoint) => sum + flowOf(endpoint), 0);
    this.wires.push({ key: `up ${id}`, path: this.#way(at), bps });
    const box = (line: number) => ({
      x: at.x + 14,
      y: at.y + sizes.network + sizes.space + line * (sizes.endpoint + sizes.space),
      ...{ width: sizes.column - 14, height: sizes.endpoint },
    });
    const branch = (y: number): string => `M${at.x + 6} ${at.y + sizes.network} V${y + sizes.endpoint / 2} H${at.x + 14}`;
    const shown = endpoints.slice(0, mostEndpoints);
    shown.forEach((endpoint, line) => {
      const key = `${id} ${endpoint.container}`;
      this.endpoints.push({ key, item: { endpoint, network }, ...box(line) });
      this.wires.push({ key, path: branch(box(line).y), bps: flowOf(endpoint) });
    });
    const count = endpoints.length - shown.length;
    if (count > 0) this.more.push({ key: `more ${id}`, item: { network, count }, ...box(shown.length) });
  }
}

export function flowOf({ receiveBps = 0, sendBps = 0 }: Pick<PictureEndpoint, 'receiveBps' | 'sendBps'>): number {
  return receiveBps + sendBps;
}

/** 1 px for nothing, a little more for each tenfold above 1 KB/s, 4 at most. */
export function wireWidth(bps: number): number {
  return Math.min(4, 1 + Math.max(0, Math.log10(Math.max(1, bps) / 1000)) * 0.75);
}
