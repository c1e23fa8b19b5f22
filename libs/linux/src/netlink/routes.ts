import { bytesToIp, ipToBytes } from './ip-bytes.ts';
import { attribute, decodeAttributes, messageFlag, numberAttribute, numberOf } from './messages.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

const newRoute = 24;
const getRoute = 26;
const families = { ipv4: 2, ipv6: 10 };
const mainTable = 254;
const unicast = 1;
const protocols = { boot: 3 };
const scopes = { universe: 0, link: 253 };
/** RTA_… of linux/rtnetlink.h */
const field = { destination: 1, link: 4, gateway: 5, priority: 6, table: 15 };

/** A unicast route of the main table. */
export interface Route {
  readonly family: 'ipv4' | 'ipv6';
  /** `0.0.0.0` or `::` with prefix length 0 is the default route. */
  readonly destination: string;
  readonly prefixLength: number;
  readonly gateway?: string | undefined;
  readonly linkIndex?: number | undefined;
  readonly metric?: number | undefined;
}

/** Adds a route or replaces the one to the same destination. */
export function addRoute(socket: NetlinkSocket, route: Omit<Route, 'family'>): void {
  const { destination, prefixLength, gateway, linkIndex, metric } = route;
  const bytes = ipToBytes(destination);
  const head = Buffer.alloc(12);
  head[0] = bytes.length === 4 ? families.ipv4 : families.ipv6;
  head[1] = prefixLength;
  head[4] = mainTable;
  head[5] = protocols.boot;
  head[6] = gateway === undefined ? scopes.link : scopes.universe;
  head[7] = unicast;
  const payload = Buffer.concat([
    head,
    ...(prefixLength === 0 ? [] : [attribute(field.destination, bytes)]),
    ...(gateway === undefined ? [] : [attribute(field.gateway, ipToBytes(gateway))]),
    ...(linkIndex === undefined ? [] : [numberAttribute(field.link, linkIndex)]),
    ...(metric === undefined ? [] : [numberAttribute(field.priority, metric)]),
  ]);
  const about = `route ${destination}/${prefixLength}${gateway === undefined ? '' : ` via ${gateway}`}`;
  socket.change({ type: newRoute, flags: messageFlag.create | messageFlag.replace, payload, about });
}

export function dumpRoutes(socket: NetlinkSocket): Route[] {
  return socket.dump({ type: getRoute, payload: Buffer.alloc(12), about: 'routes' }).flatMap(({ payload }) => {
    const attributes = decodeAttributes(payload.subarray(12));
    const isFour = payload[0] === families.ipv4;
    if ((numberOf(attributes.get(field.table)) ?? payload[4]) !== mainTable || payload[7] !== unicast) return [];
    const destination = attributes.get(field.destination);
    const gateway = attributes.get(field.gateway);
    return {
      family: isFour ? 'ipv4' : 'ipv6',
      destination: destination ? bytesToIp(destination) : isFour ? '0.0.0.0' : '::',
      prefixLength: payload[1] ?? 0,
      gateway: gateway && bytesToIp(gateway),
      linkIndex: numberOf(attributes.get(field.link)),
      metric: numberOf(attributes.get(field.priority)),
    };
  });
}
