import { mountOperations, type MountOperations } from '../mounts/mount-operations.ts';
import { namespaceOperations, type NamespaceOperations } from '../namespaces/namespace-operations.ts';
import { NetworkNamespaces } from '../namespaces/network-namespaces.ts';
import { socketOperations, type SocketOperations } from '../namespaces/socket-operations.ts';
import { nodeOperations, type NodeOperations } from '../system/node-operations.ts';
import { IpProgram } from '../netlink/ip-program.ts';
import { type LinkOperations, NetlinkOperations } from '../netlink/link-operations.ts';
import { type FirewallOperations, nftProgram, NftLibrary } from '../nftables/firewall.ts';
import { flowOperations, type FlowOperations } from '../nftables/flows.ts';
import { generationOperations, type GenerationOperations } from '../nftables/generation.ts';
import { forwardingOperations, type ForwardingOperations } from '../nftables/forwarding.ts';
import { checkSizes } from '../system/libc.ts';

export interface KernelOptions {
  /** The pin of the network namespace that the thread lives in; none: that of the process. */
  readonly networkNamespace?: string;
  /** Work by mount(8), ip(8) and nft(8) instead of by calls: slower, for machines where a call fails. */
  readonly byPrograms?: readonly ('mount' | 'ip' | 'nft')[];
}

/** All that the kernel thread can do; each call is synchronous there and may block it. */
export interface KernelOperations
  extends
    MountOperations,
    NamespaceOperations,
    SocketOperations,
    NodeOperations,
    LinkOperations,
    FirewallOperations,
    ForwardingOperations,
    GenerationOperations,
    FlowOperations {}

export function openKernelOperations({ networkNamespace, byPrograms = [] }: KernelOptions): {
  operations: KernelOperations;
  close: () => void;
} {
  checkSizes();
  using opened = new DisposableStack();
  const namespaces = opened.use(NetworkNamespaces.open(networkNamespace));
  const links = byPrograms.includes('ip') ? new IpProgram(namespaces) : opened.use(new NetlinkOperations(namespaces));
  const firewall = byPrograms.includes('nft') ? nftProgram : opened.use(new NftLibrary());
  const operations: KernelOperations = {
    ...mountOperations({ byPrograms: byPrograms.includes('mount') }),
    ...namespaceOperations(namespaces),
    ...socketOperations(namespaces),
    ...nodeOperations,
    ...forwardingOperations,
    ...generationOperations,
    ...flowOperations,
    createBridge: (bridge, pin) => links.createBridge(bridge, pin),
    layCable: (cable) => links.layCable(cable),
    createVxlan: (vxlan) => links.createVxlan(vxlan),
    createVlan: (vlan) => links.createVlan(vlan),
    supportsLink: (kind) => links.supportsLink(kind),
    changeLink: (name, changes, pin) => links.changeLink(name, changes, pin),
    removeLink: (name, pin) => links.removeLink(name, pin),
    addAddress: (link, address, pin) => links.addAddress(link, address, pin),
    removeAddress: (link, address, pin) => links.removeAddress(link, address, pin),
    addRoute: (route, pin) => links.addRoute(route, pin),
    listLinks: (pin) => links.listLinks(pin),
    listAddresses: (pin) => links.listAddresses(pin),
    listRoutes: (pin) => links.listRoutes(pin),
    runNft: (commands) => firewall.runNft(commands),
  };
  const closing = opened.move();
  return { operations, close: () => closing.dispose() };
}
