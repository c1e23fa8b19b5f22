import type { ObjectColumn } from '../lists/object-column.ts';
import type { NetworkRow } from './networks.ts';

export interface NetworkSources {
  readonly hostName: (id: string) => string;
  readonly userCount: (row: NetworkRow) => number;
}

export function subnetsOf({ pools }: NetworkRow): string {
  return pools.map(({ subnet }) => subnet).join(', ');
}

export function networkColumns({ hostName, userCount }: NetworkSources): readonly ObjectColumn<NetworkRow>[] {
  return [
    { field: 'name', label: 'containers.name', width: 'minmax(140px, 1.4fr)', read: ({ name }) => name },
    { field: 'driver', label: 'lists.driver', width: '90px', from: 700, read: ({ driver }) => driver },
    { field: 'subnet', label: 'networks.subnet', width: 'minmax(130px, 1.2fr)', from: 860, read: subnetsOf },
    { field: 'host', label: 'containers.host', width: 'minmax(90px, 0.8fr)', read: ({ host }) => hostName(host) },
    { field: 'users', label: 'lists.usedBy', width: 'minmax(110px, 1fr)', startsDescending: true, read: userCount },
  ];
}
