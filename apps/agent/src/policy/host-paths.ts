import { posix } from 'node:path';
import type { BodyOf } from '@gantry/engine-api';
import type { CheckedRequest } from './checked-request.ts';

type HostConfig = NonNullable<BodyOf<'ContainerCreate'>['HostConfig']>;
type Mount = NonNullable<HostConfig['Mounts']>[number];

/** What of the host a request brings into a container: paths, volumes that may be paths in disguise, containers whose mounts it takes over, and what cannot be told. */
export interface HostSources {
  readonly paths: readonly Source[];
  readonly volumes: readonly Source[];
  readonly containers: readonly Source[];
  /** Drivers and types of mounts that bring something else than a path or a plain volume. */
  readonly others: readonly Source[];
}

export interface Source {
  /** Where it stands in the request. */
  readonly field: string;
  readonly name: string;
}

/** Everything of the host that a create, or a new volume, names; nothing for any other request. */
export function hostSourcesOf({ route, body }: CheckedRequest): HostSources {
  const sources = new Sources();
  if (route.name === 'ContainerCreate') sources.addHostConfig((body as BodyOf<'ContainerCreate'>).HostConfig ?? {});
  if (route.name === 'ContainerUpdate') sources.addHostConfig(body as HostConfig);
  if (route.name === 'VolumeCreate') {
    const { Driver = '', DriverOpts = {} } = body as BodyOf<'VolumeCreate'>;
    sources.addDriver('DriverOpts', { driver: Driver, options: DriverOpts });
  }
  return sources;
}

/** What the options of a volume bring into a container besides a plain volume. */
export interface Brought {
  /** A directory of the host; empty for what cannot be told from its name (overlays, file systems on devices), which no list allows. */
  readonly path: string | undefined;
  /** Something that is no directory of the host, or not one alone. */
  readonly isOther: boolean;
}

/** File systems that show nothing of the host's own. */
const foreign = ['tmpfs', 'nfs', 'nfs4', 'cifs'];

/** What a driver and its options stand for: mount(2) binds whatever the type where `bind` is among the options, and a name without a root is one below it. */
export function broughtBy(driver: string, options: Readonly<Record<string, string>>): Brought {
  if (driver !== '' && driver !== 'local') return { path: undefined, isOther: true };
  if (Object.keys(options).length === 0) return { path: undefined, isOther: false };
  const { type = '', o = '', device = '' } = options;
  if (o.split(',').some((option) => /^r?bind$/i.test(option.trim()))) return { path: device, isOther: false };
  return { path: foreign.includes(type) ? undefined : '', isOther: true };
}

class Sources implements HostSources {
  readonly paths: Source[] = [];
  readonly volumes: Source[] = [];
  readonly containers: Source[] = [];
  readonly others: Source[] = [];

  addHostConfig({ Binds = [], Mounts = [], VolumesFrom = [] }: HostConfig): void {
    for (const bind of Binds) {
      const [source = '', target] = bind.split(':');
      if (target === undefined) continue; // a new volume without a name
      if (/^[a-zA-Z0-9]/.test(source)) this.volumes.push({ field: `Binds ${bind}`, name: source });
      else this.paths.push({ field: `Binds ${bind}`, name: source });
    }
    for (const mount of Mounts) this.#addMount(mount);
    for (const from of VolumesFrom) this.containers.push({ field: `VolumesFrom ${from}`, name: from.split(':', 1)[0] ?? '' });
  }

  addDriver(field: string, { driver, options }: { driver: string; options: Readonly<Record<string, string>> }): void {
    const { path, isOther } = broughtBy(driver, options);
    if (path !== undefined) this.paths.push({ field: `${field} device=${options['device'] ?? ''}`, name: path });
    if (isOther) this.others.push({ field, name: driver });
  }

  #addMount({ Type = '', Source = '', Target = '', VolumeOptions, TmpfsOptions }: Mount): void {
    const field = `Mounts ${Target}`;
    if (Type === 'bind') this.paths.push({ field: `${field} source=${Source}`, name: Source });
    else if (Type === 'volume') {
      const { Name = '', Options = {} } = VolumeOptions?.DriverConfig ?? {};
      this.addDriver(field, { driver: Name, options: Options });
      if (Source !== '') this.volumes.push({ field: `${field} source=${Source}`, name: Source });
    } else if (Type === 'tmpfs' ? (TmpfsOptions?.Options ?? []).length > 0 : Type !== 'image') this.others.push({ field, name: Type });
  }
}

/** Whether a path of the host is one of the allowed ones, or below one. A path that is not in its plain form is not. */
export function isBelow(path: string, allowed: readonly string[]): boolean {
  const plain = path.length > 1 ? path.replace(/\/+$/, '') : path;
  if (!plain.startsWith('/') || posix.normalize(plain) !== plain) return false;
  return allowed.some((top) => top === '/' || plain === top || plain.startsWith(`${top}/`));
}

/**
 * Whether a container that has one of the allowed directories can put a link in the place of an allowed path: it is below one. Where everything of the host is
 * allowed nothing is gained by that.
 */
export function isReplaceable(path: string, allowed: readonly string[]): boolean {
  if (allowed.includes('/')) return false;
  const plain = path.replace(/\/+$/, '');
  return allowed.some((top) => plain !== top && isBelow(plain, [top]));
}
