import { rowKeys } from './row-keys.ts';

test('a line that stays in sight keeps its row, wherever it stands', () => {
  const keysOf = rowKeys();
  const [, second, third] = keysOf([1, 2, 3]);
  const keys = keysOf([2, 3, 4]);
  expect(keys.slice(0, 2)).toEqual([second, third]);
  expect(new Set(keys).size).toBe(3);
});

test('where no line stays the rows are used again in their order, and none twice', () => {
  const keysOf = rowKeys();
  const before = keysOf([1, 2, 3]);
  const after = keysOf([10, 11, 12, 13]);
  expect(after.slice(0, 3)).toEqual(before);
  expect(new Set(after).size).toBe(4);
  expect(keysOf([20, 21])).toEqual(before.slice(0, 2));
});
