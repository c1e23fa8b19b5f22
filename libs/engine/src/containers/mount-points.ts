import { posix } from 'node:path';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { ContainerConfig, HostConfig, MountRequest } from './container-config.ts';
import { parseInheritedMode, parseMountMode, propagations } from './mount-modes.ts';
import { checkVolumeName } from '../volumes/volume-names.ts';

/** Something mounted into a container besides its own file systems: resolved once, at create. */
export interface MountPoint {
  readonly type: 'bind' | 'volume' | 'tmpfs';
  /** A volume's name; '' for an anonymous one until it was made, and for other types. */
  readonly name: string;
  /** The path on the host; '' for tmpfs, and for a volume until it was made. */
  readonly source: string;
  readonly destination: string;
  readonly driver: string;
  /** As the request said it: `ro,z`. */
  readonly mode: string;
  readonly isWritable: boolean;
  /** '' until the container is made, where the request does not say it. */
  readonly propagation: string;
  /** The volume begins with what the image has at this place. */
  readonly copiesImage: boolean;
  /** Made for this container, and removed with it where that is asked for. */
  readonly isAnonymous: boolean;
  /** A missing directory on the host is made (`-v`), or an error (`--mount`). */
  readonly createsSource: boolean;
  /** Options of a tmpfs; of a bind, what `bindOptions` says. */
  readonly options: readonly string[];
  readonly volume?: {
    readonly labels: Readonly<Record<string, string>>;
    readonly options: Readonly<Record<string, string>>;
    readonly subpath: string;
  };
}

const anonymousName = '';
/** What dockerd shows of a volume whose request has no mode. */
const unlabelled = 'z';

/** What is read-only of a bind: all that is mounted below as well, where the machine can do that (API 1.44), or the bind alone. */
export type ReadOnlyReach = 'all' | 'top';

/**
 * What a request mounts, by destination; binds win over the image's volumes, and two requests for one destination are refused.
 * `inherited` are the mounts of the containers in VolumesFrom.
 */
export function requestedMounts(config: ContainerConfig, host: HostConfig, { inherited, reach }: InheritedMounts): MountPoint[] {
  const explicit = [
    ...(host.Binds ?? []).map((text) => fromBind(text, reach)),
    ...(host.Mounts ?? []).map((request) => fromMount(request, reach)),
    ...Object.entries(host.Tmpfs ?? {}).map(fromTmpfs),
  ];
  const byDestination = new Map<string, MountPoint>();
  for (const mount of explicit) {
    if (byDestination.has(mount.destination)) throw new Failure('invalid', `Duplicate mount point: ${mount.destination}`);
    byDestination.set(mount.destination, mount);
  }
  for (const mount of inherited) if (!byDestination.has(mount.destination)) byDestination.set(mount.destination, mount);
  for (const path of Object.keys(config.Volumes ?? {})) {
    const destination = cleanDestination(posix.join('/', path)); // images may say it without its slash
    if (!byDestination.has(destination)) byDestination.set(destination, { ...volume(anonymousName, destination), isAnonymous: true });
  }
  return [...byDestination.values()].sort((left, right) => depth(left) - depth(right));
}

export interface InheritedMounts {
  readonly inherited: readonly MountPoint[];
  readonly reach: ReadOnlyReach;
}

/** Mounts of another container (`VolumesFrom`: `name[:ro|rw]`), which are shared, not copied. */
export function inheritedMounts(mounts: readonly MountPoint[], mode: string): MountPoint[] {
  const { isWritable } = parseInheritedMode(mode);
  const shared = mounts.filter((mount) => mount.type !== 'tmpfs');
  return shared.map((mount) => ({
    ...mount,
    mode: '',
    isWritable: mount.isWritable && isWritable,
    isAnonymous: false,
    copiesImage: false,
  }));
}

/** Volumes that were made for the container alone. */
export const anonymousOf = (mounts: readonly MountPoint[]): string[] =>
  mounts.filter(({ isAnonymous }) => isAnonymous).map(({ name }) => name);

function fromBind(text: string, reach: ReadOnlyReach): MountPoint {
  const [first = '', second, mode = '', ...more] = text.split(':');
  if (first === '' || second === '' || more.length > 0) throw new Failure('invalid', `invalid volume specification: '${text}'`);
  const type = first.startsWith('/') && second !== undefined ? 'bind' : 'volume';
  const wrong = (why: string): Failure => new Failure('invalid', messages.invalidBind({ text, type, why }));
  const destination = explained(() => cleanDestination(second ?? first), wrong);
  if (second === undefined) return { ...volume(anonymousName, destination), mode: unlabelled, isAnonymous: true };
  const { isWritable, propagation, copiesImage } = parseMountMode(mode);
  if (type === 'bind') {
    if (!copiesImage) throw wrong('field VolumeOptions must not be specified');
    const options = !isWritable && reach === 'all' ? ['rro'] : [];
    return { ...bind(first, destination), mode, isWritable, propagation, options, createsSource: true };
  }
  if (propagation !== '') throw wrong('field BindOptions must not be specified');
  return { ...volume(checkedVolumeName(first), destination), mode: mode === '' ? unlabelled : mode, isWritable, copiesImage };
}

function fromMount(request: MountRequest, reach: ReadOnlyReach): MountPoint {
  const type = request.Type ?? '';
  const wrong = (why: string): Failure => new Failure('invalid', `invalid mount config for type "${type}": ${why}`);
  if (!['bind', 'volume', 'tmpfs'].includes(type)) throw wrong('mount type unknown');
  if ((request.Target ?? '') === '') throw wrong('field Target must not be empty');
  const foreign = foreignField(request);
  if (foreign !== undefined) throw wrong(`field ${foreign} must not be specified`);
  const destination = explained(
    () => cleanDestination(request.Target ?? ''),
    (why) => wrong(why),
  );
  const isWritable = request.ReadOnly !== true;
  if (type === 'bind') return { ...bindMount(request, destination), isWritable, options: bindOptions(request, reach) };
  if (type === 'tmpfs') return tmpfs(destination, [...tmpfsOptions(request.TmpfsOptions), ...(isWritable ? [] : ['ro'])]);
  const options = request.VolumeOptions;
  const name = request.Source === undefined || request.Source === '' ? anonymousName : request.Source;
  if (name === anonymousName && !isWritable) throw wrong('must not set ReadOnly mode when using anonymous volumes');
  const subpath = options?.Subpath ?? '';
  if (subpath !== '' && name === anonymousName) throw wrong('must not set Subpath when using anonymous volumes');
  if (subpath !== '' && !isLocal(subpath)) throw wrong('subpath must be a relative path within the volume');
  if (name !== anonymousName) checkedVolumeName(name);
  return {
    ...volume(name, destination),
    ...{ mode: unlabelled, isWritable, copiesImage: options?.NoCopy !== true, isAnonymous: name === anonymousName },
    driver: options?.DriverConfig?.Name ? options.DriverConfig.Name : 'local',
    volume: { labels: options?.Labels ?? {}, options: options?.DriverConfig?.Options ?? {}, subpath },
  };
}

/** Go's filepath.IsLocal: relative, and not out of where it begins. */
const isLocal = (path: string): boolean => !path.startsWith('/') && !/^\.\.(\/|$)/.test(posix.normalize(path));

/** What belongs to another type of mount. */
function foreignField({ Type, Source, BindOptions, VolumeOptions, TmpfsOptions }: MountRequest): string | undefined {
  if (Type !== 'bind' && BindOptions) return 'BindOptions';
  if (Type !== 'volume' && VolumeOptions) return 'VolumeOptions';
  if (Type !== 'tmpfs' && TmpfsOptions) return 'TmpfsOptions';
  return Type === 'tmpfs' && Source ? 'Source' : undefined;
}

/** Says where a wrong path stands. */
function explained<Value>(read: () => Value, failure: (why: string) => Failure): Value {
  try {
    return read();
  } catch (cause) {
    throw failure(Failure.from(cause).message);
  }
}

function bindMount(request: MountRequest, destination: string): MountPoint {
  const source = request.Source ?? '';
  if (source === '') throw new Failure('invalid', 'invalid mount config for type "bind": field Source must not be empty');
  if (!source.startsWith('/')) throw new Failure('invalid', messages.mountDestinationNotAbsolute(source));
  const propagation = request.BindOptions?.Propagation ?? '';
  if (propagation !== '' && !propagations.includes(propagation))
    throw new Failure('invalid', `invalid mount config for type "bind": invalid propagation mode: ${propagation}`);
  return { ...bind(source, destination), propagation, createsSource: request.BindOptions?.CreateMountpoint === true };
}

/** `bind`: without what is mounted below; `rro`: that is read-only too, where the machine can; `rro=force`: or nothing starts. */
function bindOptions({ ReadOnly, BindOptions = {} }: MountRequest, reach: ReadOnlyReach): string[] {
  const { NonRecursive, ReadOnlyNonRecursive, ReadOnlyForceRecursive } = BindOptions;
  const own = NonRecursive === true ? ['bind'] : [];
  if (ReadOnly !== true) return own;
  if (ReadOnlyForceRecursive === true) return [...own, ReadOnlyNonRecursive === true ? 'rro=conflict' : 'rro=force'];
  return ReadOnlyNonRecursive === true || reach === 'top' ? own : [...own, 'rro'];
}

function fromTmpfs([path, options]: [string, string]): MountPoint {
  return tmpfs(cleanDestination(path), options === '' ? [] : options.split(','));
}

function tmpfsOptions(options: MountRequest['TmpfsOptions']): string[] {
  const { SizeBytes = 0, Mode = 0, Options = [] } = options ?? {};
  const size = SizeBytes > 0 ? [`size=${SizeBytes}`] : [];
  return [...size, ...(Mode > 0 ? [`mode=${Mode.toString(8)}`] : []), ...Options.map((pair) => pair.join('='))];
}

const nothing = { name: '', source: '', driver: '', mode: '', propagation: '', isWritable: true, copiesImage: false, options: [] } as const;
const unmade = { ...nothing, isAnonymous: false, createsSource: false } as const;

const bind = (source: string, destination: string): MountPoint => ({
  ...unmade,
  type: 'bind',
  source: posix.normalize(source),
  destination,
});
const tmpfs = (destination: string, options: readonly string[]): MountPoint => ({ ...unmade, type: 'tmpfs', destination, options });
const volume = (name: string, destination: string): MountPoint => ({
  ...unmade,
  type: 'volume',
  name,
  destination,
  driver: 'local',
  copiesImage: true,
});

function cleanDestination(path: string): string {
  if (!path.startsWith('/')) throw new Failure('invalid', `invalid mount path: '${path}' mount path must be absolute`);
  const clean = posix.normalize(path).replace(/(.)\/+$/, '$1');
  if (clean === '/') throw new Failure('invalid', `invalid specification: destination can't be '/'`);
  return clean;
}

function checkedVolumeName(name: string): string {
  checkVolumeName(name);
  return name;
}

const depth = (mount: MountPoint): number => mount.destination.split('/').length;
