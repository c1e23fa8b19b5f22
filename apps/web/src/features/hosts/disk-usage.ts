import { engineOn } from '../../api/engine.ts';
import { shortId } from '../../format/ids.ts';

export type UsagePart = 'images' | 'containers' | 'volumes' | 'builds';

/** Something that a clean-up would take. */
export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number;
  /** Goes only where everything unused is wanted: it has a name, or was used lately. */
  readonly isKept: boolean;
}

export interface PartUsage {
  readonly part: UsagePart;
  readonly count: number;
  /** How many are in use. */
  readonly active: number;
  readonly sizeBytes: number;
  readonly candidates: readonly Candidate[];
}

interface Usage {
  readonly LayersSize?: number;
  readonly Images?:
    | readonly {
        readonly Id: string;
        readonly RepoTags?: readonly string[] | null;
        readonly Size: number;
        readonly SharedSize?: number;
        readonly Containers?: number;
      }[]
    | null;
  readonly Containers?:
    readonly { readonly Id: string; readonly Names?: readonly string[] | null; readonly State?: string; readonly SizeRw?: number }[] | null;
  readonly Volumes?:
    | readonly {
        readonly Name: string;
        readonly Options?: Readonly<Record<string, string>> | null;
        readonly UsageData?: { readonly Size: number; readonly RefCount: number } | null;
      }[]
    | null;
  readonly BuildCache?:
    | readonly {
        readonly ID: string;
        readonly Description?: string;
        readonly InUse?: boolean;
        readonly Shared?: boolean;
        readonly Size: number;
      }[]
    | null;
}

/** What an engine keeps on the disk, part by part, and what of it nobody uses. The engine counts files for it: it is asked once, and after a clean-up. */
export async function diskUsage(host: string, signal: AbortSignal): Promise<readonly PartUsage[]> {
  return usageOf(await (await engineOn(host).call('SystemDataUsage', {}, signal)).json<Usage>());
}

/** The parts of an answer of `/system/df`, as `docker system df` counts them. */
export function usageOf({ LayersSize = 0, Images, Containers, Volumes, BuildCache }: Usage): readonly PartUsage[] {
  return [imagesOf(Images ?? [], LayersSize), containersOf(Containers ?? []), volumesOf(Volumes ?? []), buildsOf(BuildCache ?? [])];
}

type Items<Part extends 'Images' | 'Containers' | 'Volumes' | 'BuildCache'> = NonNullable<Usage[Part]>;

function imagesOf(images: Items<'Images'>, sizeBytes: number): PartUsage {
  const unused = images.filter(({ Containers: users = 0 }) => users <= 0);
  const candidates = unused.map(({ Id, RepoTags, Size, SharedSize = 0 }) => {
    const name = (RepoTags ?? []).find((tag) => tag !== '<none>:<none>');
    return { id: Id, name: name ?? shortId(Id), sizeBytes: Math.max(0, Size - Math.max(0, SharedSize)), isKept: name !== undefined };
  });
  return { part: 'images', count: images.length, active: images.length - unused.length, sizeBytes, candidates };
}

function containersOf(containers: Items<'Containers'>): PartUsage {
  const stopped = containers.filter(({ State = '' }) => !['running', 'paused', 'restarting'].includes(State));
  const candidates = stopped.map(({ Id, Names, SizeRw = 0 }) => {
    // A link gives the linked container a name of two parts.
    const name = Names?.map((text) => text.replace(/^\//, '')).find((text) => !text.includes('/')) ?? shortId(Id);
    return { id: Id, name, sizeBytes: SizeRw, isKept: false };
  });
  const sizeBytes = sum(containers, ({ SizeRw = 0 }) => SizeRw);
  return { part: 'containers', count: containers.length, active: containers.length - stopped.length, sizeBytes, candidates };
}

/** One with options lies elsewhere: its size is not known, and it never goes. */
function volumesOf(volumes: Items<'Volumes'>): PartUsage {
  const sizeOf = ({ UsageData }: Items<'Volumes'>[number]): number => Math.max(0, UsageData?.Size ?? 0);
  const candidates = volumes
    .filter(({ UsageData, Options }) => UsageData?.RefCount === 0 && Object.keys(Options ?? {}).length === 0)
    .map((volume) => ({ id: volume.Name, name: volume.Name, sizeBytes: sizeOf(volume), isKept: !/^[0-9a-f]{64}$/.test(volume.Name) }));
  const active = volumes.filter(({ UsageData }) => (UsageData?.RefCount ?? 0) > 0).length;
  return { part: 'volumes', count: volumes.length, active, sizeBytes: sum(volumes, sizeOf), candidates };
}

/** What several builds share counts for none of them. */
function buildsOf(builds: Items<'BuildCache'>): PartUsage {
  const candidates = builds
    .filter(({ InUse, Shared }) => !InUse && !Shared)
    .map(({ ID, Description = '', Size }) => ({ id: ID, name: Description || ID, sizeBytes: Size, isKept: false }));
  const sizeBytes = sum(builds, ({ Size, Shared }) => (Shared ? 0 : Size));
  return { part: 'builds', count: builds.length, active: builds.filter(({ InUse }) => InUse).length, sizeBytes, candidates };
}

/** The bytes that a clean-up of everything unused would free, at least: layers that unused images share count for none of them. */
export function reclaimable({ candidates }: PartUsage): number {
  return sum(candidates, ({ sizeBytes }) => sizeBytes);
}

function sum<Item>(items: readonly Item[], read: (item: Item) => number): number {
  return items.reduce((all, item) => all + read(item), 0);
}
