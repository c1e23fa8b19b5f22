import type { Stats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { DeviceMapping } from './container-config.ts';

/** `linux.devices` of the OCI runtime specification. */
export interface DeviceNode {
  readonly path: string;
  readonly type: 'c' | 'b';
  readonly major: number;
  readonly minor: number;
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
}

/** `linux.resources.devices`; absent numbers mean all. */
export interface DeviceRule {
  readonly allow: boolean;
  readonly type?: 'a' | 'b' | 'c';
  readonly major?: number;
  readonly minor?: number;
  readonly access: string;
}

const character = (major: number, minor: number): DeviceRule => ({ allow: true, type: 'c', major, minor, access: 'rwm' });

/** Docker's rules: nothing but null, zero, full, tty, console, ptmx, urandom, random and pseudo terminals; nodes of any kind may be made. */
export const defaultDeviceRules: readonly DeviceRule[] = [
  { allow: false, access: 'rwm' },
  ...[5, 3, 9, 8, 7].map((minor) => character(1, minor)),
  ...[0, 1, 2].map((minor) => character(5, minor)),
  { allow: true, type: 'c', major: 136, access: 'rwm' },
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
];

export const allDevices: readonly DeviceRule[] = [{ allow: true, access: 'rwm' }];

/** The nodes that `--device` names; a directory stands for the devices below it. Fails with `invalid` where there is none. */
export async function mappedDevices(mappings: readonly DeviceMapping[] | null): Promise<{ nodes: DeviceNode[]; rules: DeviceRule[] }> {
  const nodes: DeviceNode[] = [];
  const rules: DeviceRule[] = [];
  for (const { PathOnHost = '', PathInContainer, CgroupPermissions } of mappings ?? []) {
    const found = await nodesAt(PathOnHost, PathInContainer ? PathInContainer : PathOnHost);
    if (found.length === 0) throw new Failure('invalid', messages.noDevice(PathOnHost, await whyNot(PathOnHost)));
    nodes.push(...found);
    const access = CgroupPermissions ? CgroupPermissions : 'rwm';
    rules.push(...found.map(({ type, major, minor }) => ({ allow: true, type, major, minor, access })));
  }
  return { nodes, rules };
}

const whyNot = (path: string): Promise<string> =>
  stat(path).then(
    (found) => (found.isDirectory() ? 'no devices in it' : 'not a device node'),
    () => 'no such file or directory',
  );

/** Every device of the host, for a privileged container; what the container's own /dev brings is left out. */
export async function hostDevices(): Promise<DeviceNode[]> {
  const own = [
    'pts',
    'shm',
    'fd',
    'mqueue',
    'console',
    'ptmx',
    'stdin',
    'stdout',
    'stderr',
    'full',
    'null',
    'zero',
    'tty',
    'random',
    'urandom',
  ];
  const nodes = await nodesAt('/dev', '/dev');
  return nodes.filter(({ path }) => !own.includes(path.split('/')[2] ?? ''));
}

/** A rule as `c 1:3 rwm`, `b *:* m`. Fails with `invalid`. */
export function parseDeviceRule(text: string): DeviceRule {
  const found = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
  if (!found) throw new Failure('invalid', `invalid device cgroup rule format: '${text}'`);
  const [, type, major, minor, access = ''] = found;
  return {
    allow: true,
    type: type as 'a' | 'b' | 'c',
    ...(major !== '*' && { major: Number(major) }),
    ...(minor !== '*' && { minor: Number(minor) }),
    access,
  };
}

/** The numbers of a device file, as `stat` packs them (makedev of the C library). */
export function deviceNumbers(rdev: number): { major: number; minor: number } {
  const wide = BigInt(rdev);
  return { major: Number(((wide >> 8n) & 0xfffn) | ((wide >> 32n) & ~0xfffn)), minor: Number((wide & 0xffn) | ((wide >> 12n) & ~0xffn)) };
}

/** What a directory that stands for its devices may hold, all in all; /dev has some hundreds. */
const mostEntries = 10_000;

/**
 * The devices at a path of the host; a directory stands for those below it, without those that links in it lead to, as with dockerd.
 * Fails with `invalid` where there are more files than anybody keeps devices among.
 */
export async function nodesAt(hostPath: string, path: string, most = mostEntries): Promise<DeviceNode[]> {
  const found = await stat(hostPath).catch(() => undefined);
  if (!found) return [];
  if (!found.isDirectory()) return nodeOf(path, found);
  const nodes: DeviceNode[] = [];
  const folders = [''];
  let seen = 0;
  for (let below = folders.pop(); below !== undefined; below = folders.pop()) {
    const entries = await readdir(join(hostPath, below), { withFileTypes: true }).catch(() => []);
    seen += entries.length;
    if (seen > most) throw new Failure('invalid', messages.noDevice(hostPath, `more than ${most} files in it`));
    for (const entry of entries) {
      const name = join(below, entry.name);
      if (entry.isDirectory()) folders.push(name);
      if (!entry.isCharacterDevice() && !entry.isBlockDevice()) continue;
      const device = await lstat(join(hostPath, name)).catch(() => undefined);
      if (device) nodes.push(...nodeOf(join(path, name), device));
    }
  }
  return nodes;
}

function nodeOf(path: string, found: Stats): DeviceNode[] {
  if (!found.isCharacterDevice() && !found.isBlockDevice()) return [];
  const type = found.isCharacterDevice() ? 'c' : 'b';
  return [{ path, type, ...deviceNumbers(found.rdev), fileMode: found.mode & 0o777, uid: found.uid, gid: found.gid }];
}
