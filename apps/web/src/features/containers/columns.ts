import type { MessageKey } from '../../i18n/i18n.ts';
import type { SortField } from './order.ts';

export interface Column {
  readonly field: SortField;
  readonly label: MessageKey;
  /** A CSS grid track. */
  readonly width: string;
  readonly align?: 'right';
  /** Name is always there. */
  readonly isFixed?: true;
}

export const columns: readonly Column[] = [
  { field: 'name', label: 'containers.name', width: 'minmax(160px, 1.3fr)', isFixed: true },
  { field: 'image', label: 'containers.image', width: 'minmax(140px, 1.6fr)' },
  { field: 'host', label: 'containers.host', width: 'minmax(90px, 0.8fr)' },
  { field: 'cpu', label: 'metric.cpu', width: '164px' },
  { field: 'memory', label: 'metric.memory', width: '144px' },
  { field: 'network', label: 'metric.network', width: '116px', align: 'right' },
  { field: 'uptime', label: 'containers.uptime', width: '72px', align: 'right' },
];

/** The tracks of a row: choice, shown columns, what one can do. */
export function gridTemplate(shown: readonly Column[]): string {
  return ['36px', ...shown.map(({ width }) => width), '84px'].join(' ');
}
