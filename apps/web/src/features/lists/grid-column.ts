import type { MessageKey } from '../../i18n/i18n.ts';

/** A column of a list of rows. */
export interface GridColumn<Field extends string> {
  readonly field: Field;
  readonly label: MessageKey;
  /** A CSS grid track. */
  readonly width: string;
  readonly align?: 'right';
  /** In a list narrower than this (px) it steps aside. */
  readonly from?: number;
  /** What comes first on the first click. */
  readonly startsDescending?: boolean;
}

/** By which column the rows are in order. */
export interface GridSort<Field extends string> {
  readonly field: Field;
  readonly isDescending: boolean;
}

/** Those of the columns that a list of this width (px) has room for; 0: it is not measured yet. */
export function fitting<Column extends GridColumn<string>>(columns: readonly Column[], width: number): readonly Column[] {
  return width ? columns.filter(({ from = 0 }) => width >= from) : columns;
}
