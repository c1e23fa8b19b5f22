import { ThrottleService } from './throttle.service.ts';
import { ThrottleStore } from './throttle.store.ts';
import { Database } from '@gantry/db';
import { temporaryDirectory, type TemporaryDirectory } from '@gantry/base/testing';
import { join } from 'node:path';

let directory: TemporaryDirectory;
let database: Database;
beforeAll(async () => {
  directory = await temporaryDirectory();
  database = await Database.open({ dataRoot: join(directory.path, 'data'), runRoot: join(directory.path, 'run') });
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const allowances = (key: string) => [{ key, free: 5 }];

async function outcomes(tries: readonly Promise<unknown>[]): Promise<{ passed: number; refused: number }> {
  const settled = await Promise.allSettled(tries);
  const passed = settled.filter(({ status }) => status === 'fulfilled').length;
  return { passed, refused: settled.length - passed };
}

test('of a hundred tries at once exactly five pass, also where a lock is over before the last of them was counted', async () => {
  const service = new ThrottleService(new ThrottleStore(database));
  const store = new ThrottleStore(database);
  /** A machine so slow that each lock has passed when the next try is counted. */
  const slow = new ThrottleService(
    Object.assign(Object.create(store) as ThrottleStore, {
      count: (key: string, rule: Parameters<ThrottleStore['count']>[1]) => store.count(key, { ...rule, firstLockMs: 0, longestLockMs: 0 }),
    }),
  );

  expect(await outcomes(Array.from({ length: 100 }, () => service.enter(allowances('pair:a'))))).toEqual({ passed: 5, refused: 95 });
  expect(await outcomes(Array.from({ length: 100 }, () => slow.enter(allowances('pair:b'))))).toEqual({ passed: 5, refused: 95 });
});

test('a try that is over makes room for the next only where the key is not locked', async () => {
  const service = new ThrottleService(new ThrottleStore(database));
  for (let attempt = 0; attempt < 5; attempt++) (await service.enter(allowances('pair:c')))[Symbol.dispose]();

  await expect(service.enter(allowances('pair:c'))).rejects.toMatchObject({ code: 'exhausted', details: { retryAfterSeconds: 30 } });
  await service.forgive(allowances('pair:c'));
  expect(await outcomes([service.enter(allowances('pair:c'))])).toEqual({ passed: 1, refused: 0 });
});

test('two servers on one database count together', async () => {
  const services = [0, 1].map(() => new ThrottleService(new ThrottleStore(database)));
  const tries = Array.from({ length: 40 }, (_, number) => services[number % 2]?.enter(allowances('pair:d')) ?? Promise.reject(new Error()));

  expect(await outcomes(tries)).toEqual({ passed: 5, refused: 35 });
});
