import { refuseReservedLabels } from './reserved-labels.ts';

const ask = (Labels: unknown, labels = ''): void =>
  refuseReservedLabels({ query: { values: { labels }, text: '' }, body: { value: { Labels }, bytes: new Uint8Array(), dropped: [] } });

test('labels of people pass', () => {
  expect(() => ask({ team: 'web', 'gantry-like': 'x', 'com.gantry.x': 'y' }, '{"a":"b"}')).not.toThrow();
  expect(() => ask(undefined)).not.toThrow();
  expect(() => ask(null)).not.toThrow();
});

test.each([
  [{ team: 'web', 'gantry.scope': 'all' }, ''],
  [{}, '{"gantry.scope":"all"}'],
])('a label below gantry. is refused by name', (body, query) => {
  expect(() => ask(body, query)).toThrow(
    expect.objectContaining({ code: 'invalid', message: expect.stringContaining('gantry.scope') as unknown }) as Error,
  );
});

test('labels of a build that are no JSON are refused', () => {
  expect(() => ask({}, '{')).toThrow('labels are no JSON object');
});
