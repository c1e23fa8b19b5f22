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
  { field: 'name', label: 'containers.name', width: 'minmax(180px, 1.5fr)', isFixed: true },
  { field: 'image', label: 'containers.image', width: 'minmax(140px, 1.5fr)' },
  { field: 'host', label: 'containers.host', width: 'minmax(100px, 0.9fr)' },
  { field: 'cpu', label: 'metric.cpu', width: '176px' },
  { field: 'memory', label: 'metric.memory', width: '160px' },
  { field: 'network', label: 'metric.network', width: '128px', align: 'right' },
  { field: 'uptime', label: 'containers.uptime', width: '88px', align: 'right' },
];

/** The tracks of a row: choice, shown columns, what one can do. */
export function gridTemplate(shown: readonly Column[]): string {
  return ['36px', ...shown.map(({ width }) => width), '84px'].join(' ');
}
