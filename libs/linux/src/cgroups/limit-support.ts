import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CgroupLayout } from './cgroup-layout.ts';
import type { CgroupPath } from './cgroups.ts';

/** Which of the limits that not every kernel has can be set here. */
export interface LimitSupport {
  /** Swap can be limited beside memory. */
  readonly swap: boolean;
  readonly blkioWeight: boolean;
  /** A group at its limit can be made to wait instead of losing a process; cgroup v2 has no such thing. */
  readonly oomKillDisable: boolean;
}

/** Looks at the files of a group that is there, since the root of the unified hierarchy has none of them. */
export function limitSupport({ kind, controllers }: CgroupLayout, path: CgroupPath): LimitSupport {
  const has = (controller: string, ...files: readonly string[]): boolean => {
    const root = controllers.get(controller);
    return root !== undefined && files.some((file) => existsSync(join(root, path, file)));
  };
  if (kind === 'v2') {
    return { swap: has('memory', 'memory.swap.max'), blkioWeight: has('io', 'io.weight', 'io.bfq.weight'), oomKillDisable: false };
  }
  return {
    swap: has('memory', 'memory.memsw.limit_in_bytes'),
    blkioWeight: has('blkio', 'blkio.weight'),
    oomKillDisable: has('memory', 'memory.oom_control'),
  };
}
