import type { MessageKey } from '../../i18n/i18n.ts';
import type { SortField } from './order.ts';

export interface Column {
  readonly field: SortField;
  readonly label: MessageKey;
  /** A CSS grid track. */
  readonly width: string;
  readonly align?: 'right';
  /** In a table narrower than this (px) it steps aside. */
  readonly from?: number;
  /** Name is always there. */
  readonly isFixed?: true;
}

export const columns: readonly Column[] = [
  { field: 'name', label: 'containers.name', width: 'minmax(150px, 1.3fr)', isFixed: true },
  { field: 'image', label: 'containers.image', width: 'minmax(120px, 1.6fr)', from: 900 },
  { field: 'host', label: 'containers.host', width: 'minmax(90px, 0.8fr)' },
  { field: 'cpu', label: 'metric.cpu', width: '150px' },
  { field: 'memory', label: 'metric.memory', width: '128px' },
  { field: 'network', label: 'metric.network', width: '110px', align: 'right', from: 1040 },
  { field: 'uptime', label: 'containers.uptime', width: '68px', align: 'right' },
];

/** The tracks of a row: choice, shown columns, what one can do. */
export function gridTemplate(shown: readonly Column[]): string {
  return ['36px', ...shown.map(({ width }) => width), '72px'].join(' ');
}

/** Those of the chosen columns that a table of this width has room for. */
export function fitting(chosen: readonly Column[], width: number): readonly Column[] {
  return width ? chosen.filter(({ from = 0 }) => width >= from) : chosen;
}
