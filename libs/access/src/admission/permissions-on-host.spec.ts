import { permissionsOnHost } from './permissions-on-host.ts';

test.each<[Parameters<typeof permissionsOnHost>[0]['route'], Record<string, unknown>, boolean]>([
  ['ImageCommit', {}, false],
  ['ImageCommit', { repo: 'a' }, true],
  ['ImageCommit', { fromSrc: '-', t: ['a'] }, false],
  ['ImageCreate', { fromImage: 'a' }, false],
  ['ImageCreate', { fromSrc: '-' }, true],
  ['ImageCreate', { repo: 'a' }, true],
  ['ImageCreate', { t: ['a'] }, false],
  ['ImageBuild', {}, false],
  ['ImageBuild', { t: [] }, false],
  ['ImageBuild', { t: ['a'] }, true],
  ['ImageBuild', { repo: 'a', fromSrc: '-' }, false],
  ['ContainerCreate', { repo: 'a', fromSrc: '-', t: ['a'] }, false],
])('%s with %j moves a name of an image: %s', (route, query, isMoving) => {
  expect(permissionsOnHost({ route, query, body: {} })).toEqual(isMoving ? ['image:tag'] : []);
});

test('whoever types along in a shell on the host needs the right to one', () => {
  expect(permissionsOnHost({ route: 'HostShellJoin', query: {}, body: {} })).toEqual(['host:shell']);
  expect(permissionsOnHost({ route: 'HostShellWatch', query: {}, body: {} })).toEqual([]);
});
