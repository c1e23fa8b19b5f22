import type { ObjectColumn } from '../lists/object-column.ts';
import type { VolumeRow } from './volumes.ts';

export interface VolumeSources {
  readonly hostName: (id: string) => string;
  readonly userCount: (row: VolumeRow) => number;
  /** Undefined: not known. */
  readonly sizeOf: (row: VolumeRow) => number | undefined;
}

export function volumeColumns({ hostName, userCount, sizeOf }: VolumeSources): readonly ObjectColumn<VolumeRow>[] {
  return [
    { field: 'name', label: 'containers.name', width: 'minmax(160px, 1.8fr)', read: ({ name }) => name },
    { field: 'driver', label: 'lists.driver', width: '90px', from: 900, read: ({ driver }) => driver },
    { field: 'host', label: 'containers.host', width: 'minmax(90px, 0.8fr)', read: ({ host }) => hostName(host) },
    { field: 'users', label: 'lists.usedBy', width: 'minmax(110px, 1fr)', from: 720, startsDescending: true, read: userCount },
    { field: 'size', label: 'images.size', width: '80px', align: 'right', startsDescending: true, read: (row) => sizeOf(row) ?? -1 },
    {
      ...{ field: 'created', label: 'images.created', width: '110px', align: 'right', from: 940, startsDescending: true },
      read: ({ createdAtMs }) => createdAtMs || 0,
    },
  ];
}
