import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { kindsToTry, readEngineKind, writeEngineKind } from './engine-kind.ts';

const opened = closedAfterEach();

test('an existing Docker comes first, then our own engine; what the host had before stays', () => {
  expect(kindsToTry('auto', undefined)).toEqual(['docker', 'native']);
  expect(kindsToTry('auto', 'native')).toEqual(['native']);
  expect(kindsToTry('docker', 'native')).toEqual(['docker']);
});

test('the kind is remembered', async () => {
  const { path } = opened.use(await temporaryDirectory());
  expect(await readEngineKind(path)).toBeUndefined();

  await writeEngineKind(path, 'docker');
  await writeEngineKind(path, 'native');

  expect(await readEngineKind(path)).toBe('native');
});
