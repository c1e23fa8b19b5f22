import { Failure } from '@gantry/base';
import { canonicalText, familiarText, isTag, parseAnyReference, parseReference, withDefaultTag } from './reference.ts';

const hex = 'a'.repeat(64);

test.each([
  ['alpine', 'docker.io/library/alpine', 'alpine'],
  ['alpine:3', 'docker.io/library/alpine:3', 'alpine:3'],
  ['library/alpine', 'docker.io/library/alpine', 'alpine'],
  ['docker.io/alpine', 'docker.io/library/alpine', 'alpine'],
  ['index.docker.io/alpine', 'docker.io/library/alpine', 'alpine'],
  ['team/app:1.2-rc', 'docker.io/team/app:1.2-rc', 'team/app:1.2-rc'],
  ['localhost/app', 'localhost/app', 'localhost/app'],
  ['localhost:5000/app', 'localhost:5000/app', 'localhost:5000/app'],
  ['localhost:5000', 'docker.io/library/localhost:5000', 'localhost:5000'],
  ['127.0.0.1:5000/a/b/c:x', '127.0.0.1:5000/a/b/c:x', '127.0.0.1:5000/a/b/c:x'],
  ['[::1]:5000/app:1', '[::1]:5000/app:1', '[::1]:5000/app:1'],
  ['FOO/bar', 'FOO/bar', 'FOO/bar'],
  ['registry.example/a__b/c.d-e---f', 'registry.example/a__b/c.d-e---f', 'registry.example/a__b/c.d-e---f'],
  [`alpine@sha256:${hex}`, `docker.io/library/alpine@sha256:${hex}`, `alpine@sha256:${hex}`],
  [`alpine:3@sha256:${hex}`, `docker.io/library/alpine:3@sha256:${hex}`, `alpine:3@sha256:${hex}`],
])('%s is %s in full and %s in lists', (text, canonical, familiar) => {
  expect(canonicalText(parseReference(text))).toBe(canonical);
  expect(familiarText(parseReference(text))).toBe(familiar);
});

test.each([
  ['', 'invalid reference format'],
  ['a b', 'invalid reference format'],
  ['-a', 'invalid reference format'],
  ['a//b', 'invalid reference format'],
  ['a..b', 'invalid reference format'],
  ['alpine:', 'invalid reference format'],
  ['alpine:-x', 'invalid reference format'],
  [`alpine:${'t'.repeat(129)}`, 'invalid reference format'],
  ['alpine@sha256:abc', 'invalid reference format'],
  ['../../etc', 'invalid reference format'],
  [`alpine@md5:${'a'.repeat(32)}`, 'unsupported digest algorithm'],
  [`alpine@sha256:${'a'.repeat(40)}`, 'invalid checksum digest length'],
  ['Alpine', 'invalid reference format: repository name (library/Alpine) must be lowercase'],
  ['localhost:5000/App:1', 'invalid reference format: repository name (App) must be lowercase'],
  [hex, `invalid repository name (${hex}), cannot specify 64-byte hexadecimal strings`],
  ['a'.repeat(256), 'repository name must not be more than 255 characters'],
])('%j is refused: %s', (text, message) => {
  expect(() => parseReference(text)).toThrow(new Failure('invalid', message));
});

test('a hostile name costs no time', () => {
  const began = performance.now();
  for (const text of [`${'a.'.repeat(2000)}!`, `${'a-'.repeat(2000)}!`, '_'.repeat(4000), `${'a/'.repeat(2000)}!`]) {
    expect(() => parseReference(text)).toThrow('invalid reference format');
  }
  expect(performance.now() - began).toBeLessThan(10_000);
});

test('latest is added only where neither tag nor digest is named', () => {
  expect(familiarText(withDefaultTag(parseReference('alpine')))).toBe('alpine:latest');
  expect(familiarText(withDefaultTag(parseReference('alpine:3')))).toBe('alpine:3');
  expect(withDefaultTag(parseReference(`alpine@sha256:${hex}`)).tag).toBeUndefined();
});

test('64 hex digits and digests are ids', () => {
  expect(parseAnyReference(hex)).toEqual({ kind: 'id', id: `sha256:${hex}` });
  expect(parseAnyReference(`sha256:${hex}`)).toEqual({ kind: 'id', id: `sha256:${hex}` });
  expect(parseAnyReference('cafe').kind).toBe('name');
});

test('a tag has at most 128 letters, digits, dots, dashes and underscores', () => {
  expect(isTag('v1.2_x-Y')).toBe(true);
  expect(isTag('a:b')).toBe(false);
});
