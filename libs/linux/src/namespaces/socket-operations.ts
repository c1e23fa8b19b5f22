import { closeSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { Failure } from '@gantry/base';
import { getSystemErrorMap } from 'node:util';
import { bytesToIp } from '../netlink/ip-bytes.ts';
import { checked, errno, errnos, libc } from '../system/libc.ts';
import type { NetworkNamespaces } from './network-namespaces.ts';
import { addressFamilies as family, socketAddress } from './socket-address.ts';

const kinds = { tcp: 1, udp: 2, sctp: 1 };
/** 0: that of the kind. */
const protocols = { tcp: 0, udp: 0, sctp: 132 };
const closeOnExec = 0o2000000;
const nonBlocking = 0o4000;
const option = { level: 1, reuseAddress: 2, ipv6: 41, ipv6Only: 26 };
const backlog = 511;

export interface SocketRequest {
  /** The pin of a namespace; none: the thread's own. */
  readonly namespace?: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** An address of that namespace; `::` takes IPv4 as well where `isDualStack`. */
  readonly address: string;
  /** 0: the kernel chooses. */
  readonly port: number;
  readonly isDualStack?: boolean;
  /** TCP only: listen at once. */
  readonly isListening?: boolean;
}

/** A bound socket: whoever asked for it owns the descriptor and closes it. */
export interface BoundSocket {
  readonly descriptor: number;
  readonly address: string;
  readonly port: number;
}

export interface SocketOperations {
  /**
   * Opens and binds a socket inside a namespace: adopt it with `net.listen({ fd })` or `dgram.bind({ fd })`, or just hold it to reserve
   * the port. Fails with `conflict` where the port is taken, with `invalid` for an address that the namespace does not have and with `unsupported` for a
   * protocol that the kernel does not have.
   */
  openSocket(request: SocketRequest): BoundSocket;
  /** Begins a TCP connection from inside a namespace and does not wait for it; whoever asked owns the descriptor. Fails where there is no route. */
  beginConnection(to: { readonly namespace: string; readonly address: string; readonly port: number }): number;
  /** How it goes on: `connecting`, `connected`, or the errno that it ended with. */
  connectionState(descriptor: number, to: { readonly address: string; readonly port: number }): string;
}

export function socketOperations(namespaces: NetworkNamespaces): SocketOperations {
  return {
    openSocket: (request) => namespaces.within(request.namespace, () => openBoundSocket(request)),
    beginConnection: ({ namespace, ...to }) => namespaces.within(namespace, () => beginConnection(to)),
    connectionState,
  };
}

function beginConnection({ address, port }: { address: string; port: number }): number {
  const kind = kinds.tcp | closeOnExec | nonBlocking;
  const descriptor = checked(libc.socket(isIPv6(address) ? family.ipv6 : family.ipv4, kind, 0), 'socket', address);
  const state = connectionState(descriptor, { address, port });
  if (state === 'connecting' || state === 'connected') return descriptor;
  closeSync(descriptor);
  throw new Failure('unavailable', `cannot connect to ${address}: ${state}`, { details: { errno: state } });
}

/** Asking again tells how it goes: connect(2) of a socket that connects already. */
function connectionState(descriptor: number, { address, port }: { address: string; port: number }): string {
  const name = socketAddress(address, port);
  if (libc.connect(descriptor, name, name.length) === 0) return 'connected';
  const code = errno();
  if (code === errnos.EISCONN) return 'connected';
  if (code === errnos.EINPROGRESS || code === errnos.EALREADY) return 'connecting';
  return getSystemErrorMap().get(-code)?.[0] ?? `errno ${code}`;
}

function openBoundSocket(request: SocketRequest): BoundSocket {
  const { protocol, address, port } = request;
  const isSix = isIPv6(address);
  const about = `${protocol} ${isSix ? `[${address}]` : address}:${port}`;
  const kind = kinds[protocol] | closeOnExec | nonBlocking;
  const descriptor = checked(libc.socket(isSix ? family.ipv6 : family.ipv4, kind, protocols[protocol]), 'socket', about);
  try {
    if (isSix) setFlag(descriptor, [option.ipv6, option.ipv6Only], request.isDualStack !== true);
    // As every server does: a port is free again while old connections linger. For UDP it would let two sockets share the port.
    if (protocol !== 'udp') setFlag(descriptor, [option.level, option.reuseAddress], true);
    const name = socketAddress(address, port);
    checked(libc.bind(descriptor, name, name.length), 'bind', about);
    if (request.isListening === true) checked(libc.listen(descriptor, backlog), 'listen', about);
    return { descriptor, ...boundName(descriptor) };
  } catch (thrown) {
    closeSync(descriptor);
    throw thrown;
  }
}

function setFlag(descriptor: number, [level, name]: [number, number], isOn: boolean): void {
  checked(libc.setsockopt(descriptor, level, name, Uint8Array.of(isOn ? 1 : 0, 0, 0, 0), 4), 'setsockopt', `${level}.${name}`);
}

function boundName(descriptor: number): { address: string; port: number } {
  const bytes = Buffer.alloc(28);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  checked(libc.getsockname(descriptor, bytes, length), 'getsockname', String(descriptor));
  const isSix = bytes.readUInt16LE(0) === family.ipv6;
  return { address: bytesToIp(isSix ? bytes.subarray(8, 24) : bytes.subarray(4, 8)), port: bytes.readUInt16BE(2) };
}
