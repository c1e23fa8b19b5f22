import type { FileEntry } from '@gantry/engine-api/client';
import type { ObjectColumn } from '../lists/object-column.ts';
import type { ObjectRow } from '../lists/use-object-list.ts';

export interface FileRow extends ObjectRow {
  readonly entry: FileEntry;
}

/** Directories come first. */
export const fileColumns: readonly ObjectColumn<FileRow>[] = [
  {
    field: 'name',
    label: 'containers.name',
    width: 'minmax(160px, 2fr)',
    read: ({ entry }) => `${entry.type === 'directory' ? 'a' : 'b'} ${entry.name}`,
  },
  { field: 'size', label: 'images.size', width: '84px', align: 'right', startsDescending: true, read: ({ entry }) => entry.sizeBytes },
  { field: 'mode', label: 'files.mode', width: '100px', from: 760, read: ({ entry }) => entry.mode },
  { field: 'owner', label: 'files.owner', width: '90px', from: 860, read: ({ entry }) => entry.uid },
  {
    field: 'modified',
    label: 'files.modified',
    width: '120px',
    align: 'right',
    from: 620,
    startsDescending: true,
    read: ({ entry }) => entry.modifiedAtMs,
  },
];
