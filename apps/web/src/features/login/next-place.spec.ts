import { nextPlace } from './next-place.ts';

test('a place of this app is gone to, one elsewhere is not', () => {
  expect(nextPlace('/containers?q=a')).toBe('/containers?q=a');
  for (const elsewhere of ['//evil.example', '/\\\\evil.example', 'https://evil.example', 'javascript:alert(1)', '', undefined, ['/a']])
    expect(nextPlace(elsewhere)).toEqual({ name: 'overview' });
});
