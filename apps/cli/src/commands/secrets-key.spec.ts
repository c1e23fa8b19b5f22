import { closedAfterEach } from '@gantry/base/testing';
import { gantry, RunningGantry } from '../testing/gantry.ts';
import { makeRoots } from '../testing/roots.ts';

const opened = closedAfterEach();

test('the key is changed beside the running server and without it', async () => {
  const roots = await makeRoots(opened);
  const server = opened.use(new RunningGantry(['server', '--port', '0', '--listen', '127.0.0.1', ...roots.words]));
  await server.says(/^\{"event":"listening".*/);
  const rotated = { status: 0, output: expect.stringContaining('secrets.key has a new key in front; 0 secrets') as string, errors: '' };

  expect(await gantry(['secrets-key', 'rotate', ...roots.words])).toEqual(rotated);
  await server.end('SIGTERM');
  expect(await gantry(['secrets-key', 'rotate', ...roots.words])).toEqual(rotated);
}, 120_000);

test('a word that is missing or means nothing, and an installation that is not there, are told', async () => {
  const roots = await makeRoots(opened);
  expect(await gantry(['secrets-key'])).toMatchObject({ status: 2, errors: 'gantry: secrets-key needs a word: rotate\n' });
  expect(await gantry(['secrets-key', 'turn'])).toMatchObject({
    status: 2,
    errors: 'gantry: secrets-key does not know what to do with turn\n',
  });
  expect(await gantry(['secrets-key', 'rotate', ...roots.words])).toMatchObject({
    status: 1,
    errors: expect.stringContaining('there is no key to rotate') as string,
  });
});
