import type { ObjectColumn } from '../lists/object-column.ts';
import type { ImageRow } from './images.ts';

export interface ImageSources {
  readonly hostName: (id: string) => string;
  readonly userCount: (row: ImageRow) => number;
}

export function imageColumns({ hostName, userCount }: ImageSources): readonly ObjectColumn<ImageRow>[] {
  return [
    { field: 'repository', label: 'images.repository', width: 'minmax(160px, 1.6fr)', read: ({ repository }) => repository || '~' },
    { field: 'tag', label: 'images.tag', width: 'minmax(80px, 0.8fr)', read: ({ tag }) => tag },
    { field: 'host', label: 'containers.host', width: 'minmax(90px, 0.8fr)', read: ({ host }) => hostName(host) },
    { field: 'users', label: 'lists.usedBy', width: 'minmax(110px, 1fr)', from: 820, startsDescending: true, read: userCount },
    { field: 'size', label: 'images.size', width: '80px', align: 'right', startsDescending: true, read: ({ sizeBytes }) => sizeBytes },
    {
      ...{ field: 'created', label: 'images.created', width: '110px', align: 'right', from: 940, startsDescending: true },
      read: ({ createdAtMs }) => createdAtMs,
    },
  ];
}
