import { engineOn } from '../../api/engine.ts';
import type { ObjectRow } from '../lists/use-object-list.ts';

export interface VolumeRow extends ObjectRow {
  readonly driver: string;
  readonly mountpoint: string;
  readonly createdAtMs: number;
  readonly labels: Readonly<Record<string, string>>;
  /** A volume with options lies elsewhere: its size is not known and it is never pruned. */
  readonly options: Readonly<Record<string, string>>;
  /** Made for one container, without a name of its own. */
  readonly isAnonymous: boolean;
}

interface Volume {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint?: string;
  readonly CreatedAt?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly UsageData?: { readonly Size?: number } | null;
}

export async function listVolumes(host: string, signal: AbortSignal): Promise<readonly VolumeRow[]> {
  const answer = await engineOn(host).call('VolumeList', {}, signal);
  const { Volumes } = await answer.json<{ Volumes?: Volume[] | null }>();
  return (Volumes ?? []).map((volume) => rowOf(host, volume));
}

export async function inspectVolume(host: string, name: string, signal: AbortSignal): Promise<VolumeRow> {
  return rowOf(host, await (await engineOn(host).call('VolumeInspect', { path: { name } }, signal)).json<Volume>());
}

function rowOf(host: string, { Name, Driver, Mountpoint = '', CreatedAt, Labels, Options }: Volume): VolumeRow {
  return {
    ...{ key: `${host}/${Name}`, host, name: Name, driver: Driver, mountpoint: Mountpoint },
    createdAtMs: CreatedAt ? Date.parse(CreatedAt) : NaN,
    labels: Labels ?? {},
    options: Options ?? {},
    isAnonymous: /^[0-9a-f]{64}$/.test(Name),
  };
}

export interface VolumeSize {
  readonly key: string;
  readonly sizeBytes: number;
}

/** How large the volumes of a host are. The engine counts their files for it, so it is asked once a page. */
export async function volumeSizes(host: string, signal: AbortSignal): Promise<readonly VolumeSize[]> {
  const answer = await engineOn(host).call('SystemDataUsage', { query: { type: ['volume'] } }, signal);
  const { Volumes } = await answer.json<{ Volumes?: Volume[] | null }>();
  return (Volumes ?? []).flatMap(({ Name, UsageData }) => {
    const size = UsageData?.Size ?? -1;
    return size < 0 ? [] : [{ key: `${host}/${Name}`, sizeBytes: size }];
  });
}

export interface NewVolume {
  readonly name: string;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** Resolves with its name, which the engine chooses where none was given. */
export async function createVolume(host: string, { name, driver, options, labels }: NewVolume): Promise<string> {
  const body = { ...(name ? { Name: name } : {}), Driver: driver, DriverOpts: options, Labels: labels };
  return (await (await engineOn(host).call('VolumeCreate', { body })).json<Volume>()).Name;
}

export async function removeVolume({ host, name }: Pick<VolumeRow, 'host' | 'name'>): Promise<void> {
  await engineOn(host).call('VolumeDelete', { path: { name } });
}
