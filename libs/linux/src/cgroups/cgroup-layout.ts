import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '@gantry/base';

/**
 * How this host's control groups are laid out. `v1`: a hierarchy for each controller; `hybrid`: the same with a unified hierarchy beside
 * them; `v2`: one unified hierarchy.
 */
export interface CgroupLayout {
  readonly kind: 'v1' | 'hybrid' | 'v2';
  /** The directory of each controller's hierarchy; on v2 all are the same. */
  readonly controllers: ReadonlyMap<string, string>;
  /** The unified hierarchy of v2 and hybrid hosts. */
  readonly unified: string | undefined;
  /** Controllers of the unified hierarchy: where a hybrid host has any, crun refuses to work unless it is hidden from it. */
  readonly unifiedControllers: readonly string[];
}

export const cgroupRoot = '/sys/fs/cgroup';

/** Looks at the mounted hierarchies; fails with `unsupported` where there are none. */
export function detectCgroups(root = cgroupRoot): CgroupLayout {
  if (existsSync(join(root, 'cgroup.controllers'))) {
    const unifiedControllers = controllersOf(root);
    return { kind: 'v2', controllers: new Map(unifiedControllers.map((name) => [name, root])), unified: root, unifiedControllers };
  }
  const controllers = new Map(hierarchiesOf(root).flatMap((name) => name.split(',').map((each) => [each, join(root, name)] as const)));
  const unified = join(root, 'unified');
  const isHybrid = existsSync(join(unified, 'cgroup.controllers'));
  if (controllers.size === 0 && !isHybrid) throw new Failure('unsupported', `no control groups are mounted at ${root}`);
  return {
    kind: isHybrid ? 'hybrid' : 'v1',
    controllers,
    unified: isHybrid ? unified : undefined,
    unifiedControllers: isHybrid ? controllersOf(unified) : [],
  };
}

/** Directories like `memory` and `cpu,cpuacct`; links like `cpu` lead to one of those. */
function hierarchiesOf(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root).filter((name) => {
    const path = join(root, name);
    return name !== 'unified' && lstatSync(path).isDirectory() && existsSync(join(path, 'tasks'));
  });
}

function controllersOf(directory: string): string[] {
  const text = readFileSync(join(directory, 'cgroup.controllers'), 'utf8').trim();
  return text === '' ? [] : text.split(' ');
}
