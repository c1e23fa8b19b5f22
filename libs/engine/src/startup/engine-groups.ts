import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CgroupPath, type Cgroups, delegatedGroup, type Kernel } from '@gantry/linux';
import type { EngineRoots } from './instance.ts';

const monitorsEndWithinMs = 15_000;

export interface EngineGroupsOptions {
  readonly cgroups: Cgroups;
  readonly kernel: Pick<Kernel, 'getXattr'>;
  readonly roots: EngineRoots;
  readonly report: (problem: string, cause?: unknown) => void;
  /** Where it is read in which group this process is. */
  readonly processGroups?: string;
}

/**
 * The control groups of an engine: one for each container, and one for the monitors of all. They lie below the group that systemd delegated to the
 * unit in which the engine runs, else at the root; those of containers that run stay where they are, however the engine is started next.
 */
export class EngineGroups implements AsyncDisposable {
  /** `/gantry/INSTANCE`, perhaps below a unit's group; the parent of the groups of containers. */
  readonly path: CgroupPath;
  readonly #options: EngineGroupsOptions;

  private constructor(path: CgroupPath, options: EngineGroupsOptions) {
    this.path = path;
    this.#options = options;
  }

  static async open(options: EngineGroupsOptions): Promise<EngineGroups> {
    const { cgroups, roots } = options;
    const base = await chooseBase(options);
    const groups = new EngineGroups(pathIn(base, roots), options);
    await cgroups.create(`${groups.path}/monitor`, { below: base });
    await cgroups.countDiskIo(groups.path);
    return groups;
  }

  /** Removes the groups where no container runs. A monitor takes a moment to end after its container has. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { cgroups, report } = this.#options;
    try {
      if ((await cgroups.groupsIn(this.path)).some((name) => name !== 'monitor')) return;
      await cgroups.untilEmpty(`${this.path}/monitor`, AbortSignal.timeout(monitorsEndWithinMs));
      await cgroups.remove(this.path);
    } catch (cause) {
      report(`cannot remove the control groups ${this.path}`, cause);
    }
  }
}

const pathIn = (base: CgroupPath, { instance }: EngineRoots): CgroupPath => `${base}/gantry/${instance}`;

/** The group below which the engine's lie, '' for the root. What an earlier process chose is on the run root, which ends with the containers. */
async function chooseBase({ cgroups, kernel, roots, processGroups }: EngineGroupsOptions): Promise<CgroupPath> {
  const file = join(roots.run, 'cgroup-base');
  const before = await readFile(file, 'utf8').catch(() => '');
  for (const base of new Set([before, ''])) if (await cgroups.isPopulated(pathIn(base, roots))) return base;
  const readMark = (path: string, name: string): Promise<Uint8Array | undefined> => kernel.getXattr(path, name);
  const base = (await delegatedGroup(cgroups.layout, { readMark, ...(processGroups === undefined ? {} : { processGroups }) })) ?? '';
  await writeFile(file, base);
  return base;
}
