import { type LiveRow, liveRow, takeSample, updateRow } from '../../fleet/live-row.ts';
import { rowDouble, sampleDouble } from '../../testing/fleet-double.ts';
import { parseFilter } from './filter.ts';
import { keepOrder, sortRows } from './order.ts';
import { type IndexedRow, RowIndex } from './row-index.ts';

const hostName = (id: string): string => (id.endsWith('1') ? 'fra1-node-01' : 'iad1-db-02');
const row = {
  ...rowDouble(1, 2),
  name: 'shop-api-6',
  image: { ref: 'ghcr.io/acme/api:2.14.3', id: 'sha256:1' },
  state: 'running' as const,
  labels: { team: 'web', env: 'Prod' },
  ports: [{ address: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp' as const }],
  networks: [{ name: 'shop_default' }],
};
const live = liveRow(row);
takeSample(live, { ...sampleDouble(row, 0), cpuPermille: 520, memoryBytes: 700 * 1024 ** 2 });

test.each([
  'shop',
  'API',
  'acme',
  'fra1',
  'shop-*-6',
  'name:shop',
  'image:*/acme/*',
  'host:fra1-*',
  'state:run',
  'stack:',
  'network:shop',
  'port:8080',
  'port:80',
  'label:team',
  'label:team=web',
  'label:env=prod',
  'cpu:>50',
  'cpu:50',
  'cpu:>=52%',
  'cpu:<60',
  'mem:>512m',
  'mem:<=0.7g',
  '-postgres',
  '-state:paused',
  'shop host:fra1-* cpu:>50',
  '"shop-api-6"',
  '',
  '   ',
  row.id.slice(0, 12),
])('%p finds it', (typed) => {
  expect(parseFilter(typed)(live, hostName)).toBe(true);
});

test.each([
  'postgres',
  'host:iad1-*',
  'state:paused',
  'cpu:>60',
  'cpu:=1',
  'mem:>1g',
  '-shop',
  'port:81',
  'label:team=web2',
  'label:other',
  'shop postgres',
  'shop*7',
  'a*a*a*a*b',
])('%p does not', (typed) => {
  expect(parseFilter(typed)(live, hostName)).toBe(false);
});

test('a number that cannot be read is taken as a word, so typing does not empty the list by surprise', () => {
  expect(parseFilter('cpu:>x')(live, hostName)).toBe(false);
  expect(parseFilter('cpu:')(live, hostName)).toBe(true);
});

function indexed(rows: readonly LiveRow[]): readonly IndexedRow[] {
  return new RowIndex().update(new Map(rows.map((one) => [one.key, one])));
}

function named(...names: string[]): readonly IndexedRow[] {
  return indexed(names.map((name, key) => liveRow({ ...row, key, name, state: name === 'a' ? 'paused' : 'running' })));
}

const namesOf = (rows: readonly IndexedRow[]): string[] => rows.map(({ live: { row: one } }) => one.name);

test('rows are ordered worst first, equal ones by name with numbers as numbers', () => {
  const rows = named('b-10', 'b-9', 'B-007', 'a', 'b-1');
  expect(namesOf(sortRows(rows, { field: 'state', isDescending: false }, hostName))).toEqual(['b-1', 'B-007', 'b-9', 'b-10', 'a']);
  expect(namesOf(sortRows(rows, { field: 'state', isDescending: true }, hostName))).toEqual(['a', 'b-1', 'B-007', 'b-9', 'b-10']);
  expect(namesOf(sortRows(rows, { field: 'name', isDescending: true }, hostName))).toEqual(['b-10', 'b-9', 'B-007', 'b-1', 'a']);
});

test.each([
  ['cpu', ['c', 'a', 'b']],
  ['memory', ['c', 'a', 'b']],
  ['network', ['c', 'a', 'b']],
  ['uptime', ['c', 'b', 'a']],
  ['image', ['c', 'b', 'a']],
  ['host', ['c', 'a', 'b']],
] as const)('rows are ordered by %s, the largest or last first', (field, names) => {
  const [a, b, c] = ['a', 'b', 'c'].map((name, key) =>
    liveRow({
      ...{ ...row, key, name, startedAtMs: 3000 - 1000 * key, host: name === 'c' ? '0' : '1' },
      image: { ref: `img:${key + 9}`, id: '' },
    }),
  );
  if (!a || !b || !c) throw new Error('three rows');
  takeSample(c, { ...sampleDouble(row, 0), cpuPermille: 7, memoryBytes: 7, receiveBps: 7 });
  expect(namesOf(sortRows(indexed([a, b, c]), { field, isDescending: true }, hostName))).toEqual(names);
});

test('the index keeps its rows in order while some come, go or are renamed', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name, key) => liveRow({ ...row, key, name }));
  if (!a || !b || !c) throw new Error('three rows');
  const [index, fleet] = [new RowIndex(), new Map([a, c].map((one) => [one.key, one]))];
  const first = index.update(fleet);
  expect([namesOf(first), index.update(fleet)]).toEqual([['a', 'c'], first]);
  fleet.set(b.key, b);
  expect(namesOf(index.update(fleet))).toEqual(['a', 'b', 'c']);
  updateRow(a, { ...a.row, name: 'z' });
  fleet.delete(c.key);
  expect(namesOf(index.update(fleet))).toEqual(['b', 'z']);
});

test('while the order is held, rows keep their places, new ones come last and gone ones leave', () => {
  const [a, b, c, d] = named('a', 'b', 'c', 'd');
  if (!a || !b || !c || !d) throw new Error('four rows');
  expect(keepOrder([c, a, b], [a, b, d])).toEqual([a, b, d]);
  expect(keepOrder([c, a, b], [a, b, c, d])).toEqual([c, a, b, d]);
});
