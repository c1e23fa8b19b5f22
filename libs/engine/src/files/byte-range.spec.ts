import { parseRange, partOf } from './byte-range.ts';

test.each([
  ['bytes=0-4', 10, { start: 0, end: 5 }],
  ['bytes=5-', 10, { start: 5, end: 10 }],
  ['bytes=5-99', 10, { start: 5, end: 10 }],
  ['bytes=-3', 10, { start: 7, end: 10 }],
  ['bytes=-30', 10, { start: 0, end: 10 }],
  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
] as const)('%s of %d bytes is %j', (header, sizeBytes, part) => {
  const range = parseRange(header);
  expect(range && partOf(range, sizeBytes)).toEqual(part);
});

test.each([undefined, '', 'bytes=-', 'bytes=5-4', 'bytes=0-1,3-4', 'lines=0-1', 'bytes=a-b'])('%j means the whole file', (header) => {
  expect(parseRange(header)).toBeUndefined();
});
