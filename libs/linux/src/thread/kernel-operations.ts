import { mountOperations, type MountOperations } from '../mounts/mount-operations.ts';
import { namespaceOperations, type NamespaceOperations } from '../namespaces/namespace-operations.ts';
import { NetworkNamespaces } from '../namespaces/network-namespaces.ts';
import { socketOperations, type SocketOperations } from '../namespaces/socket-operations.ts';
import { nodeOperations, type NodeOperations } from '../system/node-operations.ts';
import { checkSizes } from '../system/libc.ts';

export interface KernelOptions {
  /** The pin of the network namespace that the thread lives in; none: that of the process. */
  readonly networkNamespace?: string;
  /** Work by mount(8), ip(8) and nft(8) instead of by calls: slower, for machines where a call fails. */
  readonly byPrograms?: readonly ('mount' | 'ip' | 'nft')[];
}

/** All that the kernel thread can do; each call is synchronous there and may block it. */
export interface KernelOperations extends MountOperations, NamespaceOperations, SocketOperations, NodeOperations {}

export function openKernelOperations({ networkNamespace, byPrograms = [] }: KernelOptions): {
  operations: KernelOperations;
  close: () => void;
} {
  checkSizes();
  using opened = new DisposableStack();
  const namespaces = opened.use(NetworkNamespaces.open(networkNamespace));
  const operations = {
    ...mountOperations({ byPrograms: byPrograms.includes('mount') }),
    ...namespaceOperations(namespaces),
    ...socketOperations(namespaces),
    ...nodeOperations,
  };
  const closing = opened.move();
  return { operations, close: () => closing.dispose() };
}
