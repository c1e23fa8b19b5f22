import { closedAfterEach, eventually } from '@gantry/base/testing';
import type { AccessTransaction } from './given-grants.store.ts';
import type { GrantsStore, StoredAccess } from './grants.store.ts';
import { RightsService } from './rights.service.ts';

const opened = closedAfterEach();

/** Stands for a database that can be away: one owner, whose grant a change takes away. */
class Stored {
  owners = ['ada'];
  epoch = 0n;
  running = 0;
  mostRunning = 0;
  failingLoads = 0;

  async load(): Promise<StoredAccess> {
    await Promise.resolve();
    if (this.failingLoads-- > 0) throw new Error('the connection was lost');
    const at = {
      ...{ teamId: null, builtIn: 'owner', roleId: null, addOns: [], groupId: null, hostId: null, project: null },
      selector: null,
    };
    const grants = this.owners.map((userId) => ({
      ...{ ...at, id: userId, userId, scope: 'global', expiresAt: null, createdAt: new Date(0), createdBy: 'test' },
    }));
    return { epoch: this.epoch, grants, members: [], roles: [], disabled: [] };
  }

  async change<T>(work: (transaction: AccessTransaction) => Promise<T>): Promise<T> {
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    try {
      const done = await work({} as AccessTransaction);
      this.epoch += 1n;
      return done;
    } finally {
      this.running--;
    }
  }
}

async function start(): Promise<{ stored: Stored; rights: RightsService }> {
  const stored = new Stored();
  const rights = new RightsService(stored as unknown as GrantsStore);
  await rights.onModuleInit();
  opened.use({ [Symbol.dispose]: () => rights.onModuleDestroy() });
  return { stored, rights };
}

test('a change that waited decides on what the one before it left, and those that wait hold no transaction', async () => {
  const { stored, rights } = await start();
  const ada = rights.of('ada');
  const seen: number[] = [];
  const takeAway = (): Promise<void> => {
    seen.push(ada.grants.length);
    stored.owners = [];
    return Promise.resolve();
  };

  await Promise.all([rights.change(takeAway), rights.change(takeAway), rights.change(takeAway)]);
  expect(seen).toEqual([1, 0, 0]);
  expect(stored.mostRunning).toBe(1);
});

test('what was taken away is gone although the database was away just after the commit', async () => {
  const { stored, rights } = await start();
  stored.failingLoads = 2;

  await rights.change(() => {
    stored.owners = [];
    return Promise.resolve();
  });
  expect(rights.of('ada').grants).toEqual([]);
});

test('a commit whose answer was lost counts as soon as it can be read', async () => {
  const { stored, rights } = await start();
  const lost = rights.change(() => {
    stored.owners = [];
    stored.epoch += 1n;
    return Promise.reject(new Error('the connection was lost'));
  });

  await expect(lost).rejects.toThrow('the connection was lost');
  await eventually(() => expect(rights.of('ada').grants).toEqual([]));
});

test('the end of the server ends the wait for the database', async () => {
  const { stored, rights } = await start();
  stored.failingLoads = Infinity;
  const changing = rights.change(() => Promise.resolve());
  const next = rights.change(() => Promise.resolve());
  const outcomes = Promise.allSettled([changing, next]);

  rights.onModuleDestroy();
  for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
});
