import { Database } from '@gantry/db';
import type { TestServer } from './start-test-server.ts';

/** A second connection to the database of a server that runs: for what no door of the server shows. */
export function openDatabaseOf({ config: { dataRoot, runRoot } }: Pick<TestServer, 'config'>): Promise<Database> {
  return Database.open({
    dataRoot,
    runRoot,
    url: `postgresql://gantry@localhost/postgres?host=${encodeURIComponent(`${runRoot}/postgres`)}`,
  });
}
