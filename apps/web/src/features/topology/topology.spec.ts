import type { Topology, TopologyLink } from '@gantry/engine-api';
import { hostView } from './host-view.ts';
import { layoutHost, mostEndpoints, sizes, wireWidth } from './layout.ts';

const flow = (receivedBytes: number, sentBytes: number): TopologyLink['rates'] => ({
  ...{ receivedBytes, sentBytes, receivedPackets: 0, receiveErrors: 0, receiveDropped: 0 },
  ...{ sentPackets: 0, sendErrors: 0, sendDropped: 0 },
});
const link = (name: string, kind: string | undefined, rates = flow(0, 0)): TopologyLink => ({
  ...{ name, kind, isUp: true, mtu: 1500, mac: '', addresses: kind === undefined && name !== 'lo' ? ['10.0.0.2/24'] : [] },
  ...{ totals: flow(0, 0), rates },
});
const endpoint = (index: number, network: string): Topology['endpoints'][number] => ({
  ...{ container: `c${index}`, containerName: `web-${index}`, networkId: network, network, link: `veth${index}`, device: 'eth0', mac: '' },
  ...{ addresses: [`172.18.0.${index}/16`], isGateway: true },
});
const topology: Topology = {
  ...{ takenAtMs: 0, intervalMs: 1000, ports: [] },
  links: [link('lo', undefined), link('eth0', undefined, flow(5, 5)), link('br0', 'bridge'), link('veth1', 'veth', flow(2000, 500))],
  routes: [{ destination: 'default', gateway: '10.0.0.1', link: 'eth0' }],
  networks: [
    { id: 'n0', name: 'none', driver: 'null', isInternal: false, subnets: [] },
    { id: 'n1', name: 'empty', driver: 'bridge', isInternal: false, link: 'br1', subnets: [] },
    {
      id: 'n2',
      name: 'shop',
      driver: 'bridge',
      isInternal: false,
      link: 'br0',
      subnets: [{ subnet: '172.18.0.0/16', gateway: '172.18.0.1' }],
    },
  ],
  endpoints: Array.from({ length: 9 }, (_, index) => endpoint(9 - index, 'n2')),
};

test('what the host receives over a cable is what its container sends', () => {
  const view = hostView(topology);
  expect(view.networks.map(({ name }) => name)).toEqual(['shop', 'empty']);
  expect(view.networks[0]?.endpoints[0]).toMatchObject({ containerName: 'web-1', sendBps: 2000, receiveBps: 500 });
  expect(view.networks[0]?.endpoints[1]?.sendBps).toBeUndefined();
  expect(view.cards.map(({ name }) => name)).toEqual(['eth0']);
});

test('networks stand side by side or below each other, nothing overlaps, and what is too much is one box', () => {
  for (const width of [200, 420, 1200]) {
    const picture = layoutHost(hostView(topology), width);
    const boxes = [...picture.networks, ...picture.endpoints, ...picture.more];
    expect(picture.endpoints).toHaveLength(mostEndpoints);
    expect(picture.more.map(({ item }) => item.count)).toEqual([3]);
    for (const box of boxes) {
      expect([box.x >= 0, box.x + box.width <= picture.width, box.y + box.height <= picture.height]).toEqual([true, true, true]);
      const overlapping = boxes.filter(
        (other) =>
          other !== box &&
          other.x < box.x + box.width &&
          box.x < other.x + other.width &&
          other.y < box.y + box.height &&
          box.y < other.y + other.height,
      );
      expect(overlapping).toEqual([]);
    }
  }
  expect(layoutHost({ cards: [], networks: [], ports: [] }, 300).height).toBeGreaterThan(sizes.top);
});

test('a wire grows with what flows, and never without bound', () => {
  expect([wireWidth(0), wireWidth(1000), wireWidth(10_000), wireWidth(1e12)]).toEqual([1, 1, 1.75, 4]);
});
