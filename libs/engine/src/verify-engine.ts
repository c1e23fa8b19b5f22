import { join } from 'node:path';
import { openKernel } from '@gantry/linux';
import type { EngineConfig } from './config.ts';
import { openImages } from './images/open-images.ts';
import { readLogins } from './images/stored-logins.ts';
import { openRoots } from './startup/instance.ts';
import { subordinateIds } from './startup/subordinate-ids.ts';
import { lockRoot } from './state/engine-lock.ts';

export interface VerifySettings {
  readonly dataRoot: string;
  readonly runRoot: string;
  readonly config: EngineConfig;
  /** A Docker client's `config.json` with the logins of registries; undefined: none. */
  readonly loginsFile: string | undefined;
  /** Hears of each thing that was not whole, and what became of it. */
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface VerifySummary {
  readonly whole: number;
  readonly repaired: number;
  /** What could not be repaired, records that were put aside included. */
  readonly damaged: number;
}

/**
 * Hashes all that an engine stores of images again and repairs what it can (see `verifyImages`). Containers may run; the engine must not: fails with `conflict`
 * where it does. Running it twice is running it once.
 */
export async function verifyEngine({ dataRoot, runRoot, config, loginsFile, report, signal }: VerifySettings): Promise<VerifySummary> {
  await using opened = new AsyncDisposableStack();
  const logins = await readLogins(loginsFile);
  const ids = await subordinateIds(config.usernsRemap);
  const roots = await openRoots({ dataRoot: config.dataRoot ?? dataRoot, runRoot, ids });
  opened.use(await lockRoot(join(roots.data, 'lock')));
  const summary = { whole: 0, repaired: 0, damaged: 0 };
  const putAside = (line: string): void => {
    summary.damaged++;
    report(line);
  };
  const kernel = opened.use(await openKernel());
  const events = { publish: () => undefined };
  const images = opened.use(await openImages({ kernel, dataRoot: roots.data, events, config, report: putAside, ids }));
  for await (const { state, text } of images.verify(signal, logins)) {
    summary[state]++;
    if (text !== '') report(text);
  }
  return summary;
}
