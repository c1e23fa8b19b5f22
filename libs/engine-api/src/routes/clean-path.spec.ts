import { cleanTarget } from './clean-path.ts';

test.each([
  ['/v1.41/containers//some/json?size=1&x=//', '/v1.41/containers/some/json?size=1&x=//'],
  ['/containers/%2Fsome/json', '/containers/some/json'],
  ['/a/./b/../c/', '/a/c/'],
  ['/../..', '/'],
  ['//odd%3F%20name', '/odd%3F%20name'],
])('%s leads to %s', (target, clean) => {
  expect(cleanTarget(target)).toBe(clean);
});

test.each(['/info', '/containers/json?filters=..//', '/containers/a..b/json', '/containers/.hidden/json', '/containers/json/', '/%41'])(
  '%s is plain',
  (target) => {
    expect(cleanTarget(target)).toBeUndefined();
  },
);

test('a broken escape is named', () => {
  expect(() => cleanTarget('//%zz')).toThrow('invalid URL escape "%zz"');
});
