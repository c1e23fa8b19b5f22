import { matchesWords, type ObjectColumn, parseSort, sortObjects, writeSort } from './object-column.ts';

interface Row {
  readonly name: string;
  readonly size: number;
}
const columns: readonly ObjectColumn<Row>[] = [
  { field: 'name', label: 'hosts.name', width: '1fr', read: ({ name }) => name },
  { field: 'size', label: 'hosts.name', width: '1fr', startsDescending: true, read: ({ size }) => size },
];
const rows: readonly Row[] = [
  { name: 'v10', size: 2 },
  { name: 'v9', size: 3 },
  { name: 'a', size: 2 },
];

test('numbers in names count as numbers, and equal rows keep their order', () => {
  expect(sortObjects(rows, columns, { field: 'name', isDescending: false }).map(({ name }) => name)).toEqual(['a', 'v9', 'v10']);
  expect(sortObjects(rows, columns, { field: 'size', isDescending: true }).map(({ name }) => name)).toEqual(['v9', 'v10', 'a']);
});

test('an order is written into the address and read from it again', () => {
  for (const written of ['', '-name', 'size', '-size']) expect(writeSort(parseSort(written, columns), columns)).toBe(written);
  expect(parseSort('nonsense', columns)).toEqual({ field: 'name', isDescending: false });
});

test('all words have to match, and one with a minus must not', () => {
  expect(matchesWords('ghcr.io/acme/api 2.14 fra1', 'acme FRA1')).toBe(true);
  expect(matchesWords('ghcr.io/acme/api 2.14 fra1', 'acme -fra1')).toBe(false);
  expect(matchesWords('anything', '  ')).toBe(true);
});
