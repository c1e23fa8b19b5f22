import { Database } from '@gantry/db';
import type { ServerConfig } from '../config.ts';

/** For commands, which change with the server's stores. */
export type { Database as DatabaseToChange } from '@gantry/db';

/** The database of an installation, whether or not its server runs; nothing is migrated. Whoever opens it disposes it. */
export function openDatabaseToChange({ databaseUrl: url, dataRoot, runRoot }: ServerConfig): Promise<Database> {
  return Database.openToChange({ url, dataRoot, runRoot });
}
