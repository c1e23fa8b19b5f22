import { createHash, randomUUID } from 'node:crypto';
import { chown, mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '@gantry/base';
import { hostRoot, type IdMapping, type Owner } from '@gantry/linux';
import { removeUnfinished, writeDurably } from '../state/durable-file.ts';

export interface EngineRoots {
  /** `<data-root>/engine`, and below it `<uid>.<gid>` of root in containers where they have ids of their own. */
  readonly data: string;
  /** `<run-root>/engine`, and the same below it. */
  readonly run: string;
  /** Six hex digits that name this engine's objects in the kernel. */
  readonly instance: string;
  /** The engine's own id, the same after a restart. */
  readonly engineId: string;
}

export interface RootSettings {
  readonly dataRoot: string;
  readonly runRoot: string;
  /** The ids of containers; undefined: the host's. Each mapping has images and containers of its own, since their files belong to its ids. */
  readonly ids?: IdMapping | undefined;
}

/**
 * Makes the directories of an engine; several engines with different data roots never share a name in the kernel. Fails with `invalid` where root in containers may not
 * go through a directory above.
 */
export async function openRoots({ dataRoot, runRoot, ids }: RootSettings): Promise<EngineRoots> {
  await mkdir(dataRoot, { recursive: true, mode: 0o711 });
  await mkdir(join(dataRoot, 'engine'), { recursive: true, mode: 0o711 });
  await mkdir(join(runRoot, 'engine'), { recursive: true, mode: 0o711 });
  const realRoot = await realpath(dataRoot);
  const owner = ids && hostRoot(ids);
  const data = await ownDirectory(join(realRoot, 'engine'), owner);
  const run = await ownDirectory(join(await realpath(runRoot), 'engine'), owner);
  for (const name of ['b', 'exits', 'execs', 'crun']) await mkdir(join(run, name), { recursive: true, mode: 0o700 });
  await removeUnfinished(data);
  const named = owner ? data : realRoot;
  const instance = createHash('sha256').update(named).digest('hex').slice(0, 6);
  return { data, run, instance, engineId: await engineId(join(data, 'engine-id')) };
}

/** Where containers have ids of their own, their root alone gets through, as with dockerd. */
async function ownDirectory(engine: string, owner: Owner | undefined): Promise<string> {
  if (!owner) return engine;
  const path = join(engine, `${owner.uid}.${owner.gid}`);
  await mkdir(path, { recursive: true, mode: 0o710 });
  await chown(path, 0, owner.gid);
  for (let above = dirname(path); above !== '/'; above = dirname(above)) {
    const { mode, uid, gid } = await stat(above);
    const bit = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0)
      throw new Failure('invalid', `root of containers (${owner.uid}:${owner.gid}) cannot reach ${path}: allow 'o+x' on ${above}`);
  }
  return path;
}

async function engineId(path: string): Promise<string> {
  const known = await readFile(path, 'utf8').catch(() => '');
  if (known.trim() !== '') return known.trim();
  const fresh = randomUUID();
  await writeDurably(path, `${fresh}\n`);
  return fresh;
}
