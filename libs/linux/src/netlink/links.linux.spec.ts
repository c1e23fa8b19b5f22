import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { type Kernel, openKernel } from '../thread/kernel.ts';
import type { KernelOptions } from '../thread/kernel-operations.ts';
import { deleteLinkOf } from './links.ts';
import { NetlinkSocket } from './netlink-socket.ts';

const opened = closedAfterEach();

/** A kernel thread inside a namespace of the test's own, with a namespace for a container. */
async function world(options: KernelOptions): Promise<{ kernel: Kernel; host: Kernel; inner: string; outer: string }> {
  const root = opened.use(await temporaryDirectory()).path;
  await mkdir(root, { recursive: true });
  const host = opened.use(await openKernel());
  const [outer, inner] = [join(root, 'outer'), join(root, 'inner')];
  for (const pin of [outer, inner]) {
    await host.createNamespace(pin);
    opened.defer(async () => {
      await host.removeNamespace(pin);
    });
  }
  const kernel = opened.use(await openKernel({ ...options, networkNamespace: outer }));
  return { kernel, host, inner, outer };
}

describe.each([{ byPrograms: [] }, { byPrograms: ['ip', 'nft'] }] satisfies KernelOptions[])('links with $byPrograms', (options) => {
  test('a kind of link that no kernel has is told from those that this one has', async () => {
    const { kernel } = await world(options);

    expect(await kernel.supportsLink('macvlan')).toBe(true);
    expect(await kernel.supportsLink('gantry-no-such-kind')).toBe(false);
  });

  test('a cable joins a namespace to a bridge with address, route, mac and mtu', async () => {
    const { kernel, inner, outer, host } = await world(options);

    expect(await kernel.createBridge({ name: 'br0', mtu: 1400 })).toBe(true);
    expect(await kernel.createBridge({ name: 'br0' })).toBe(false);
    await kernel.addAddress('br0', '10.9.0.1/24');
    await kernel.addAddress('br0', '10.9.0.1/24');
    await kernel.layCable({
      name: 'veth1',
      bridge: 'br0',
      mtu: 1400,
      namespace: inner,
      inside: {
        name: 'eth0',
        mac: '02:42:0a:09:00:02',
        addresses: ['10.9.0.2/24', 'fd09::2/64'],
        routes: [{ destination: '0.0.0.0/0', gateway: '10.9.0.1' }],
      },
    });

    const eth0 = (await kernel.listLinks(inner)).find((link) => link.name === 'eth0');
    expect(eth0).toMatchObject({ kind: 'veth', isUp: true, mtu: 1400, mac: '02:42:0a:09:00:02' });
    const addresses = (await kernel.listAddresses(inner)).filter((address) => address.linkIndex === eth0?.index && !address.isLinkLocal);
    expect(addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`)).toEqual(['10.9.0.2/24', 'fd09::2/64']);
    expect(await kernel.listRoutes(inner)).toContainEqual({
      family: 'ipv4',
      destination: '0.0.0.0',
      prefixLength: 0,
      gateway: '10.9.0.1',
      linkIndex: eth0?.index,
      metric: undefined,
    });
    const outside = await kernel.listLinks();
    const bridge = outside.find((link) => link.name === 'br0');
    expect(bridge).toMatchObject({ kind: 'bridge', isUp: true, mtu: 1400 });
    expect(outside.find((link) => link.name === 'veth1')).toMatchObject({ masterIndex: bridge?.index, isUp: true });
    expect((await host.listLinks(outer)).map((link) => link.name)).toContain('veth1');
  });

  test('a cable that fails leaves no link', async () => {
    const { kernel, inner } = await world(options);
    await kernel.createBridge({ name: 'br0' });
    const inside = { name: 'eth0', addresses: ['10.9.0.2/24'], routes: [{ destination: '0.0.0.0/0', gateway: '192.168.99.1' }] };

    await expect(kernel.layCable({ name: 'veth1', bridge: 'br0', namespace: inner, inside })).rejects.toThrow(
      /192\.168\.99\.1|invalid gateway/,
    );

    expect((await kernel.listLinks()).map((link) => link.name)).not.toContain('veth1');
    expect((await kernel.listLinks(inner)).map((link) => link.name)).not.toContain('eth0');
  });

  test('links are renamed, set, counted and removed once', async () => {
    const { kernel } = await world(options);
    await kernel.createBridge({ name: 'br0' });

    await kernel.changeLink('br0', { isUp: false });
    await kernel.changeLink('br0', { name: 'br1', mtu: 1300 });

    expect((await kernel.listLinks()).find((link) => link.name === 'br1')).toMatchObject({
      isUp: false,
      mtu: 1300,
      counters: { receiveErrors: 0, receivedBytes: 0 },
    });
    expect(await kernel.removeLink('br1')).toBe(true);
    expect(await kernel.removeLink('br1')).toBe(false);
    await expect(kernel.changeLink('br1', { isUp: true })).rejects.toMatchObject({ code: 'not-found' });
    await expect(kernel.addAddress('lo', '10.0.0.1/40')).rejects.toThrow();
  });

  test('routes and addresses are listed and addresses removed', async () => {
    const { kernel } = await world(options);
    await kernel.createBridge({ name: 'br0' });
    await kernel.addAddress('br0', '10.7.0.1/24');
    await kernel.addRoute({ destination: '10.8.0.0/16', gateway: '10.7.0.9' });

    const routes = (await kernel.listRoutes()).filter((route) => route.family === 'ipv4');
    expect(routes.map((route) => `${route.destination}/${route.prefixLength}`)).toEqual(['10.7.0.0/24', '10.8.0.0/16']);
    await kernel.removeAddress('br0', '10.7.0.1/24');
    expect((await kernel.listRoutes()).filter((route) => route.family === 'ipv4')).toEqual([]);
  });

  test('firewall commands are done whole or not at all, and their words come back', async () => {
    const { kernel } = await world(options);

    await kernel.runNft('add table ip t\nadd map ip t m { type inet_service : ipv4_addr ; }\nadd element ip t m { 80 : 1.2.3.4 }');

    expect(await kernel.runNft('list table ip t')).toContain('80 : 1.2.3.4');
    await expect(kernel.runNft('add element ip t m { 81 : 1.2.3.5 }\nadd element ip t nosuch { 1 : 1.1.1.1 }')).rejects.toThrow(
      'nftables: ',
    );
    expect(await kernel.runNft('list table ip t')).not.toContain('81');
    await expect(kernel.runNft('nonsense')).rejects.toThrow(/syntax error/);
  });
});

test('removing a link that went in the meantime is no error', () => {
  using socket = NetlinkSocket.open();

  expect(deleteLinkOf(socket, 2_000_000_000)).toBe(false);
});
