import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { ExitDirectory } from './exit-directory.ts';

const opened = closedAfterEach();

async function directory(sweepEveryMs: number): Promise<ExitDirectory> {
  const { path } = opened.use(await temporaryDirectory());
  return opened.use(new ExitDirectory(path, sweepEveryMs));
}

const isMonitored = (): boolean => true;

test('a record that a monitor wrote is told, and one that was there before', async () => {
  const exits = await directory(60_000);
  writeFileSync(join(exits.path, 'before'), '7');
  expect(await exits.ended('before', isMonitored)).toMatchObject({ code: 7 });

  const ended = exits.ended('one', isMonitored);
  writeFileSync(join(exits.path, 'one.new'), '137\n');
  renameSync(join(exits.path, 'one.new'), join(exits.path, 'one'));
  expect(await ended).toMatchObject({ code: 137 });
});

test('a monitor that is gone without a record is told at the next look', async () => {
  const exits = await directory(20);
  let isThere = true;
  const ended = exits.ended('one', () => isThere);
  isThere = false;
  expect(await ended).toBe('lost');
});

test('a record that no notice told of is found at the next look', async () => {
  const exits = await directory(20);
  const ended = exits.ended('one', isMonitored);
  // Written under its own name: the first notice finds it empty, and the look after it whole.
  writeFileSync(join(exits.path, 'one'), '');
  writeFileSync(join(exits.path, 'one'), '3');
  expect(await ended).toMatchObject({ code: 3 });
});
