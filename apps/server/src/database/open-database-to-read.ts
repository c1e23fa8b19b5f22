import { Database } from '@gantry/db';
import type { ServerConfig } from '../config.ts';

/** For commands, which read with the server's stores. */
export type { Database as DatabaseToRead } from '@gantry/db';

/** The database of an installation as it is, whether or not its server runs; nothing can be written. Whoever opens it disposes it. */
export function openDatabaseToRead({ databaseUrl: url, dataRoot, runRoot }: ServerConfig): Promise<Database> {
  return Database.openToRead({ url, dataRoot, runRoot });
}
