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
  const containers = Containers ?? [];
  const isUp = (state = ''): boolean => ['running', 'paused', 'restarting'].includes(state);
  const images = Images ?? [];
  const volumes = (Volumes ?? []).map((volume) => ({
    ...volume,
    size: Math.max(0, volume.UsageData?.Size ?? 0),
    users: volume.UsageData?.RefCount ?? -1,
  }));
  const builds = BuildCache ?? [];
  return [
    {
      ...{ part: 'images', count: images.length, sizeBytes: LayersSize },
      active: images.filter(({ Containers: users = 0 }) => users > 0).length,
      candidates: images
        .filter(({ Containers: users = 0 }) => users <= 0)
        .map(({ Id, RepoTags, Size, SharedSize = 0 }) => {
          const name = (RepoTags ?? []).find((tag) => tag !== '<none>:<none>');
          return { id: Id, name: name ?? shortId(Id), sizeBytes: Math.max(0, Size - Math.max(0, SharedSize)), isKept: name !== undefined };
        }),
    },
    {
      ...{ part: 'containers', count: containers.length },
      active: containers.filter(({ State }) => isUp(State)).length,
      sizeBytes: sum(containers, ({ SizeRw = 0 }) => SizeRw),
      candidates: containers
        .filter(({ State }) => !isUp(State))
        .map(({ Id, Names, SizeRw = 0 }) => ({
          id: Id,
          name: Names?.[0]?.replace(/^\//, '') ?? shortId(Id),
          sizeBytes: SizeRw,
          isKept: false,
        })),
    },
    {
      ...{ part: 'volumes', count: volumes.length },
      active: volumes.filter(({ users }) => users > 0).length,
      sizeBytes: sum(volumes, ({ size }) => size),
      candidates: volumes
        .filter(({ users, Options }) => users === 0 && Object.keys(Options ?? {}).length === 0)
        .map(({ Name, size }) => ({ id: Name, name: Name, sizeBytes: size, isKept: !/^[0-9a-f]{64}$/.test(Name) })),
    },
    {
      ...{ part: 'builds', count: builds.length },
      active: builds.filter(({ InUse }) => InUse).length,
      sizeBytes: sum(builds, ({ Size, Shared }) => (Shared ? 0 : Size)),
      candidates: builds
        .filter(({ InUse, Shared }) => !InUse && !Shared)
        .map(({ ID, Description = '', Size }) => ({ id: ID, name: Description || ID, sizeBytes: Size, isKept: false })),
    },
  ];
}

/** The bytes that a clean-up of everything unused would free, at least: layers that unused images share count for none of them. */
export function reclaimable({ candidates }: PartUsage): number {
  return sum(candidates, ({ sizeBytes }) => sizeBytes);
}

function sum<Item>(items: readonly Item[], read: (item: Item) => number): number {
  return items.reduce((all, item) => all + read(item), 0);
}
