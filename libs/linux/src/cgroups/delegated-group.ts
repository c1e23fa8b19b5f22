import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CgroupLayout } from './cgroup-layout.ts';
import type { CgroupPath } from './cgroups.ts';

/** What systemd writes on a group that it leaves to a unit (Delegate=yes). */
export const delegationMark = 'trusted.delegate';

/** Reads an extended attribute; undefined where there is none. */
export type ReadMark = (path: string, name: string) => Promise<Uint8Array | undefined>;

/**
 * The group that systemd delegated to the unit in which this process runs, as `/system.slice/gantry-agent.service`, on v2 hosts. Undefined in any other
 * place, and also where the process is in the unit's own group and not in one below (DelegateSubgroup, systemd 254): once that group hands
 * controllers down it takes no process (EBUSY), and systemd could not start the unit again while containers run.
 * Source: https://systemd.io/CGROUP_DELEGATION/
 */
export async function delegatedGroup(
  layout: CgroupLayout,
  { readMark, processGroups = '/proc/self/cgroup' }: { readonly readMark: ReadMark; readonly processGroups?: string },
): Promise<CgroupPath | undefined> {
  if (layout.kind !== 'v2' || layout.unified === undefined) return undefined;
  const own = /^0::(\/.+)$/m.exec(await readFile(processGroups, 'utf8'))?.[1];
  const unit = own === undefined ? '/' : dirname(own);
  if (!unit.endsWith('.service')) return undefined;
  const mark = await readMark(join(layout.unified, unit), delegationMark);
  return mark !== undefined && Buffer.from(mark).toString() === '1' ? unit : undefined;
}
