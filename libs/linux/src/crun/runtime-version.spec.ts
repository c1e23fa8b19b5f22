import { isOlder, parseRuntimeVersion, wantsIdsOfNamespace } from './runtime-version.ts';

test.each([
  ['crun version 1.8.1\ncommit: f8a096be\n', '1.8.1', false],
  ['runc version 1.1.5+ds1\nspec: 1.0.2-dev\n', undefined, true],
  ['runc version 1.2.0\nspec: 1.2.0\n', undefined, false],
  ['runc version 1.10.1\n', undefined, false],
  ['runsc version release-20240401.0\n', undefined, false],
])('of %j it is known what the program is and wants', (text, version, wantsIds) => {
  expect([parseRuntimeVersion(text), wantsIdsOfNamespace(text)]).toEqual([version, wantsIds]);
});

test('versions are compared number by number', () => {
  expect([isOlder('1.8.1', '1.25.1'), isOlder('1.25.1', '1.25.1'), isOlder('1.26', '1.25.1')]).toEqual([true, false, false]);
});
