import { targetWords } from './target-words.ts';

const id = 'ab'.repeat(32);
const host = '10000000-0000-4000-8000-000000000001';
const nameOf = (at: string, container: string): string | undefined => (at === host && container === id ? 'web' : undefined);

test('the way to the host and its version are left out, and a container that is known is called by its name', () => {
  expect(targetWords({ target: `/engine/${host}/v1.51/containers/${id}/start`, host }, nameOf)).toBe('/containers/web/start');
  expect(targetWords({ target: `/engine/${host}/containers/${id}`, host: '1' }, nameOf)).toBe('/containers/abababababab');
});

test('everything else stands as it is', () => {
  expect(targetWords({ target: '/api/users/1' }, nameOf)).toBe('/api/users/1');
  expect(targetWords({ target: '' }, nameOf)).toBe('');
});
