import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { AuditStore } from '../audit/audit.store.ts';
import type { ServerConfig } from '../config.ts';
import { type DatabaseToChange, openDatabaseToChange } from '../database/open-database-to-change.ts';
import { inRotation, replaceSealed } from './sealed-values.store.ts';
import { Sealer } from './sealer.ts';

/** What `gantry secrets-key` asks of the server's program, beside a running server or without one. Resolves with the exit status. */
export async function runSecretsKeyCommand(words: readonly string[], config: ServerConfig): Promise<number> {
  const [verb = '', ...rest] = words;
  if (verb !== 'rotate' || rest.length > 0)
    throw new Failure(
      'invalid',
      `secrets-key does not know what to do with ${words.length === 0 ? 'nothing' : words.join(' ')}: say rotate`,
    );
  const file = config.secretsKeyFile ?? join(config.dataRoot, 'server', 'secrets.key');
  await refuseForeignFile(file);
  await using database = await openDatabaseToChange(config);
  const resealed = await rotateKey(database, file);
  console.log(`${file} has a new key in front; ${resealed === 1 ? '1 secret was' : `${resealed} secrets were`} sealed again with it`);
  return 0;
}

/**
 * A new key seals everything that is stored; how many values that were. The file gets it first, beside the old ones, then all values change in one
 * transaction, then keys go that nothing needs: wherever this is cut off, every value opens with a key of the file, and it can be done again. A server that
 * runs goes on: it reads the file when it seals, and when it meets a key that it does not know. `internal` names a value that none of the keys opens; then
 * no value is changed.
 */
export async function rotateKey(database: DatabaseToChange, file: string): Promise<number> {
  const resealed = await inRotation(database, async (transaction) => {
    const sealer = await Sealer.addKey(file);
    return replaceSealed(transaction, (value, place) => sealer.seal(sealer.open(value, place), place));
  });
  await inRotation(database, () => Sealer.dropOldKeys(file));
  await note(database, resealed);
  return resealed;
}

async function note(database: DatabaseToChange, resealed: number): Promise<void> {
  const row = { request: randomUUID(), phase: 'outcome' as const, at: new Date(), userId: null, who: 'gantry secrets-key' };
  const deed = {
    action: 'rotateSecretsKey',
    hostId: null,
    target: '',
    outcome: 'done' as const,
    status: null,
    address: null,
    details: { resealed },
  };
  await new AuditStore(database).append([{ ...row, ...deed }]);
}

/** The file is replaced by another: it would be that of whoever runs the command. */
async function refuseForeignFile(file: string): Promise<void> {
  const owner = await ownerOf(file);
  if (owner === undefined) throw new Failure('not-found', `there is no key to rotate: ${file} does not exist`);
  if (owner !== process.getuid?.()) throw new Failure('precondition', `${file} belongs to user ${owner}: rotate it as that user`);
}

async function ownerOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).uid;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}
