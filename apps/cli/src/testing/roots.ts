import { createHash } from 'node:crypto';
import { globSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { type closedAfterEach, temporaryDirectory } from '@gantry/base/testing';

/** Where a copy of Gantry keeps what it has. */
export interface Roots {
  readonly directory: string;
  readonly data: string;
  readonly run: string;
  /** The flags that say so. */
  readonly words: readonly string[];
}

/** Roots of the test's own, taken away after it with the control groups of an engine that ran there. */
export async function makeRoots(opened: ReturnType<typeof closedAfterEach>): Promise<Roots> {
  const { path: directory } = opened.use(await temporaryDirectory());
  const [data, run] = [join(directory, 'data'), join(directory, 'run')];
  opened.defer(() => removeCgroups(data));
  return { directory, data, run, words: ['--data-root', data, '--run-root', run] };
}

/** An engine that was killed leaves its control groups for the next one. */
function removeCgroups(dataRoot: string): void {
  const instance = createHash('sha256').update(dataRoot).digest('hex').slice(0, 6);
  const groups = globSync(`/sys/fs/cgroup/{,*/}gantry/${instance}/{monitor,}`);
  for (const path of groups.sort((a, b) => b.length - a.length)) rmdirSync(path);
}
