import type { GridColumn, GridSort } from './grid-column.ts';

/** A column of a table of objects, whatever they are. */
export interface ObjectColumn<Row> extends GridColumn<string> {
  /** What the table is sorted by. */
  readonly read: (row: Row) => string | number;
}

export type ObjectSort = GridSort<string>;

const words = new Intl.Collator('en', { numeric: true });

/** The rows in order; equal ones keep theirs, so that nothing jumps. */
export function sortObjects<Row>(rows: readonly Row[], columns: readonly ObjectColumn<Row>[], { field, isDescending }: ObjectSort): Row[] {
  const column = columns.find((one) => one.field === field) ?? columns[0];
  if (!column) return [...rows];
  const sign = isDescending ? -1 : 1;
  const keyed = rows.map((row) => ({ row, value: column.read(row) }));
  keyed.sort((a, b) => sign * compare(a.value, b.value));
  return keyed.map(({ row }) => row);
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'string') return words.compare(a, String(b));
  return a === b ? 0 : a < Number(b) ? -1 : 1;
}

/** `size` in its natural direction, `-size` the other way round; without a word the first column. */
export function parseSort<Row>(written: string, columns: readonly ObjectColumn<Row>[]): ObjectSort {
  const field = written.replace(/^-/, '');
  const column = columns.find((one) => one.field === field) ?? columns[0];
  return { field: column?.field ?? '', isDescending: (column?.startsDescending ?? false) !== written.startsWith('-') };
}

export function writeSort<Row>({ field, isDescending }: ObjectSort, columns: readonly ObjectColumn<Row>[]): string {
  const isNatural = (columns.find((one) => one.field === field)?.startsDescending ?? false) === isDescending;
  if (field === columns[0]?.field && isNatural) return '';
  return isNatural ? field : `-${field}`;
}

/** The words that all have to be in the text of a row; a leading `-` turns a word around. */
export function matchesWords(text: string, wanted: string): boolean {
  const lower = text.toLowerCase();
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every((word) => (word.length > 1 && word.startsWith('-') ? !lower.includes(word.slice(1)) : lower.includes(word)));
}
