import { withoutMereParents } from './changes.ts';

test('a directory that changed only by what is in it is not told, one that is new or empty is', () => {
  const changes = [
    { path: '/etc', kind: 'changed' },
    { path: '/etc/motd', kind: 'changed' },
    { path: '/var', kind: 'changed' },
    { path: '/var/log', kind: 'added' },
    { path: '/var/log/app.log', kind: 'added' },
    { path: '/tmp', kind: 'changed' },
    { path: '/bin/old', kind: 'removed' },
  ] as const;
  expect(withoutMereParents(changes).map(({ path }) => path)).toEqual(['/etc/motd', '/var/log', '/var/log/app.log', '/tmp', '/bin/old']);
});
