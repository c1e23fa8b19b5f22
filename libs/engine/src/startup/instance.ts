import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { removeUnfinished, writeDurably } from '../state/durable-file.ts';

export interface EngineRoots {
  /** `<data-root>/engine` */
  readonly data: string;
  /** `<run-root>/engine` */
  readonly run: string;
  /** Six hex digits that name this engine's objects in the kernel. */
  readonly instance: string;
  /** The engine's own id, the same after a restart. */
  readonly engineId: string;
}

/** Makes the directories of an engine; several engines with different data roots never share a name in the kernel. */
export async function openRoots({ dataRoot, runRoot }: { dataRoot: string; runRoot: string }): Promise<EngineRoots> {
  await mkdir(dataRoot, { recursive: true, mode: 0o711 });
  await mkdir(join(dataRoot, 'engine'), { recursive: true, mode: 0o711 });
  await mkdir(join(runRoot, 'engine'), { recursive: true, mode: 0o711 });
  const realRoot = await realpath(dataRoot);
  const data = join(realRoot, 'engine');
  const run = join(await realpath(runRoot), 'engine');
  for (const name of ['b', 'exits', 'execs', 'crun']) await mkdir(join(run, name), { recursive: true, mode: 0o700 });
  await removeUnfinished(data);
  const instance = createHash('sha256').update(realRoot).digest('hex').slice(0, 6);
  return { data, run, instance, engineId: await engineId(join(data, 'engine-id')) };
}

async function engineId(path: string): Promise<string> {
  const known = await readFile(path, 'utf8').catch(() => '');
  if (known.trim() !== '') return known.trim();
  const fresh = randomUUID();
  await writeDurably(path, `${fresh}\n`);
  return fresh;
}
