import { RowSlots } from './row-slots.ts';

function placing(): (keys: string, mayMove?: boolean) => string {
  const slots = new RowSlots<string>();
  return (keys, mayMove = false) =>
    slots
      .place(Array.from(keys), mayMove)
      .map(({ slot, at }) => `${keys[at] ?? ''}${slot}`)
      .join(' ');
}

test('a row that stays in sight keeps its elements, one that comes takes those of one that has left, and none are moved', () => {
  const place = placing();
  expect(place('abcd', true)).toBe('a0 b1 c2 d3');
  expect(place('bcde')).toBe('e0 b1 c2 d3');
  expect(place('cdefg')).toBe('e0 f1 c2 d3 g4');
  expect(place('xyz')).toBe('x0 y1 z2');
  expect(place('xyzw')).toBe('x0 y1 z2 w5');
});

test('a list that rests has its elements in the order of its rows', () => {
  const place = placing();
  place('abcd', true);
  place('cdef');
  expect(place('cdef', true)).toBe('c2 d3 e0 f1');
  expect(place('zyxw', true)).toBe('z2 y3 x0 w1');
});
