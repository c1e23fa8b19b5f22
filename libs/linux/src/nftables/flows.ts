import { Failure } from '@gantry/base';
import { dumpAddresses } from '../netlink/addresses.ts';
import { bytesToIp } from '../netlink/ip-bytes.ts';
import { type Attributes, attribute, decodeAttributes } from '../netlink/messages.ts';
import { NetlinkSocket } from '../netlink/netlink-socket.ts';

export interface FlowOperations {
  /**
   * Forgets what the kernel remembers of UDP flows to some ports of this host: it would go on sending them where they went before a
   * rule came or went. Answers how many there were; 0 also where the kernel cannot tell.
   */
  forgetFlows(udpPorts: readonly number[]): number;
}

/** NFNL_SUBSYS_CTNETLINK and its messages. */
const get = (1 << 8) | 1;
const remove = (1 << 8) | 2;
/** CTA_… of linux/netfilter/nfnetlink_conntrack.h */
const field = { original: 1, id: 12, ip: 1, protocol: 2, destination4: 2, number: 1, destinationPort: 3 };
const ipv4 = 2;
const udp = 17;

export const flowOperations: FlowOperations = {
  forgetFlows(udpPorts) {
    if (udpPorts.length === 0) return 0;
    using routes = NetlinkSocket.open();
    using flows = NetlinkSocket.open('netfilter');
    const local = new Set(dumpAddresses(routes).map(({ address }) => address));
    const isLocal = (address: string): boolean => address.startsWith('127.') || local.has(address);
    const found = dumpFlows(flows).filter(({ address, port }) => udpPorts.includes(port) && isLocal(address));
    for (const { original, id } of found)
      forget(flows, Buffer.concat([attribute(field.original | nestedFlag, original), attribute(field.id, id)]));
    return found.length;
  },
};

const nestedFlag = 0x8000;

interface Flow {
  readonly original: Buffer;
  readonly id: Buffer;
  readonly address: string;
  readonly port: number;
}

/** `struct nfgenmsg` */
const head = Buffer.from([ipv4, 0, 0, 0]);
const nothing = Buffer.alloc(0);
const inside = (attributes: Attributes, name: number): Attributes => decodeAttributes(attributes.get(name) ?? nothing);

function dumpFlows(socket: NetlinkSocket): Flow[] {
  try {
    return socket.dump({ type: get, payload: head, about: 'flows' }).flatMap(({ payload }) => {
      const flow = decodeAttributes(payload.subarray(4));
      const [original, id] = [flow.get(field.original), flow.get(field.id)];
      if (!original || !id) return [];
      const tuple = decodeAttributes(original);
      const protocol = inside(tuple, field.protocol);
      const address = inside(tuple, field.ip).get(field.destination4);
      const port = protocol.get(field.destinationPort)?.readUInt16BE(0);
      if (protocol.get(field.number)?.[0] !== udp || !address || port === undefined) return [];
      return [{ original, id, address: bytesToIp(address), port }];
    });
  } catch (thrown) {
    // The kernel's module for this (nf_conntrack_netlink) is not everywhere.
    if (['unsupported', 'invalid'].includes(Failure.from(thrown).code)) return [];
    throw thrown;
  }
}

function forget(socket: NetlinkSocket, which: Buffer): void {
  try {
    socket.change({ type: remove, payload: Buffer.concat([head, which]), about: 'flow' });
  } catch (thrown) {
    if (Failure.from(thrown).code !== 'not-found') throw thrown; // it ended meanwhile
  }
}
