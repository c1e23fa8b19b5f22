import { ApiVersion } from './api-version.ts';
import { shaped } from './shaped.ts';

const image = { Id: 'sha256:1', Size: 7, Descriptor: {} };

test('an old client finds the fields that were retired since', () => {
  expect(shaped('ImageInspect', ApiVersion.parse('1.41'), image)).toEqual({
    Id: 'sha256:1',
    Size: 7,
    VirtualSize: 7,
    Container: '',
    ContainerConfig: {},
  });
});

test('the newest answer stays as it is', () => {
  expect(shaped('ImageInspect', ApiVersion.newest, image)).toEqual(image);
});

test('a retired field that the engine knows better is kept', () => {
  expect(shaped('SystemInfo', ApiVersion.parse('1.49'), { BridgeNfIptables: false })).toMatchObject({ BridgeNfIptables: false });
  expect(shaped('SystemInfo', ApiVersion.parse('1.50'), { BridgeNfIptables: false })).toEqual({});
});

test.each([
  ['1.41', '1.41', true],
  ['1.41', '1.9', true],
  ['1.41', '1.42', false],
  ['2.0', '1.51', true],
])('version %s is at least %s: %p', (version, other, is) => {
  expect(ApiVersion.parse(version).atLeast(other)).toBe(is);
});
