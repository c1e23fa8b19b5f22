import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { readIfPresent, writeDurably } from '@gantry/link';
import * as z from 'zod/mini';
import type { EngineWish } from '../config.ts';

const Stored = z.object({ kind: z.enum(['native', 'docker']) });
export type EngineKind = z.infer<typeof Stored>['kind'];

/** Which engine this host had last: with `auto` it keeps it, so that its containers never vanish because something was installed. */
export async function readEngineKind(dataRoot: string): Promise<EngineKind | undefined> {
  const content = await readIfPresent(pathIn(dataRoot));
  if (content === undefined) return undefined;
  try {
    return z.parse(Stored, JSON.parse(content)).kind;
  } catch (cause) {
    throw new Failure('invalid', `${pathIn(dataRoot)} does not name an engine kind: remove it, or choose one with GANTRY_ENGINE`, {
      cause,
    });
  }
}

export async function writeEngineKind(dataRoot: string, kind: EngineKind): Promise<void> {
  if ((await readEngineKind(dataRoot).catch(() => undefined)) === kind) return;
  await writeDurably(pathIn(dataRoot), `${JSON.stringify({ kind })}\n`);
}

/** What to try, in order, for a wish and what the host had before. */
export function kindsToTry(wish: EngineWish, before: EngineKind | undefined): readonly EngineKind[] {
  if (wish !== 'auto') return [wish];
  return before ? [before] : ['docker', 'native'];
}

function pathIn(dataRoot: string): string {
  return join(dataRoot, 'agent', 'engine.json');
}
