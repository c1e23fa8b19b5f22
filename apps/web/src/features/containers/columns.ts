import type { GridColumn } from '../lists/grid-column.ts';
import { type SortField, startsDescending } from './order.ts';

export interface Column extends GridColumn<SortField> {
  /** Name is always there. */
  readonly isFixed?: true;
}

const columnsInOrder: readonly Column[] = [
  { field: 'name', label: 'containers.name', width: 'minmax(150px, 1.3fr)', isFixed: true },
  { field: 'image', label: 'containers.image', width: 'minmax(120px, 1.6fr)', from: 900 },
  { field: 'host', label: 'containers.host', width: 'minmax(90px, 0.8fr)' },
  { field: 'cpu', label: 'metric.cpu', width: '150px' },
  { field: 'memory', label: 'metric.memory', width: '128px' },
  { field: 'network', label: 'metric.network', width: '110px', align: 'right', from: 1040 },
  { field: 'uptime', label: 'containers.uptime', width: '68px', align: 'right' },
];

export const columns: readonly Column[] = columnsInOrder.map((column) => ({
  ...column,
  startsDescending: startsDescending.has(column.field),
}));
