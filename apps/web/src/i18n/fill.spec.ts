import { fill } from './fill.ts';

test('a count chooses the form and is written as the language writes numbers', () => {
  const message = '{count} host | {count} hosts';
  expect([0, 1, 2, 12_345].map((count) => fill(message, { count }, 'en'))).toEqual(['0 hosts', '1 host', '2 hosts', '12,345 hosts']);
  expect(fill('{count} 台主机', { count: 1 }, 'zh-CN')).toBe('1 台主机');
});

test('what is filled in is text, never a message again', () => {
  expect(fill('{name} failed', { name: '{other} | $&' }, 'en')).toBe('{other} | $& failed');
  expect(fill('{name} failed', {}, 'en')).toBe('{name} failed');
});
