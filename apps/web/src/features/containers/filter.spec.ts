import { liveRow, takeSample } from '../../fleet/live-row.ts';
import { rowDouble, sampleDouble } from '../../testing/fleet-double.ts';
import { parseFilter } from './filter.ts';
import { keepOrder, sortRows } from './order.ts';

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

test('rows are ordered worst first, equal ones by name with numbers as numbers', () => {
  const rows = ['b-10', 'b-9', 'a'].map((name, key) => liveRow({ ...row, key, name, state: name === 'a' ? 'paused' : 'running' }));
  expect(sortRows(rows, { field: 'state', isDescending: false }, hostName).map((one) => one.row.name)).toEqual(['b-9', 'b-10', 'a']);
});

test('while the order is held, rows keep their places, new ones come last and gone ones leave', () => {
  const [a, b, c, d] = [1, 2, 3, 4].map((key) => liveRow({ ...row, key }));
  if (!a || !b || !c || !d) throw new Error('four rows');
  expect(keepOrder([c, a, b], [a, b, d])).toEqual([a, b, d]);
  expect(keepOrder([c, a, b], [a, b, c, d])).toEqual([c, a, b, d]);
});
