import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { Database } from '../database.ts';
import { seedPostgres } from './seed-postgres.ts';

const opened = closedAfterEach();

test('a database that was laid down is as empty as a new one, and its own', async () => {
  const databases: Database[] = [];
  for (let count = 0; count < 2; count++) {
    const { path } = opened.use(await temporaryDirectory());
    await seedPostgres(join(path, 'data'));
    databases.push(opened.use(await Database.open({ dataRoot: join(path, 'data'), runRoot: join(path, 'run') })));
  }
  await databases[0]?.prisma.installation.create({ data: {} });

  expect(await Promise.all(databases.map(({ prisma }) => prisma.installation.count()))).toEqual([1, 0]);
});
