import { Failure } from '@gantry/base';
import { type ApiVersion, type Call, empty, type Filters, type Handlers, json, messages } from '@gantry/engine-api';
import { matchesName } from '../name-pattern.ts';
import type { VolumeRecord } from '../volumes/volume-record.ts';
import type { Volumes } from '../volumes/volumes.ts';

/** The volume routes. */
export function volumeHandlers(volumes: Volumes): Handlers {
  return {
    VolumeList: (call) => Promise.resolve(json(200, { Volumes: listed(volumes, call.filters()), Warnings: null })),
    VolumeInspect: ({ id }) => Promise.resolve(json(200, volumeShape(volumes, volumes.get(id)))),
    VolumeCreate: async (call) => {
      const { Name, Driver, DriverOpts, Labels } = await call.json();
      const request = { name: Name ?? '', driver: Driver ?? '', options: DriverOpts ?? {}, labels: Labels ?? {} };
      return json(201, volumeShape(volumes, await volumes.create(request)));
    },
    VolumeDelete: async ({ id, query }) => {
      await volumes.remove(id, { force: query.force });
      return empty(204);
    },
    VolumePrune: async (call) => {
      const { names, spaceReclaimed } = await volumes.prune(prunable(call), call.signal);
      return json(200, { VolumesDeleted: names, SpaceReclaimed: spaceReclaimed });
    },
  };
}

/** A volume as the API shows it. */
export function volumeShape(volumes: Volumes, { name, driver, labels, options, createdAtMs }: VolumeRecord): Record<string, unknown> {
  return {
    CreatedAt: `${new Date(createdAtMs).toISOString().slice(0, 19)}Z`,
    Driver: driver,
    Labels: Object.keys(labels).length > 0 ? labels : null,
    Mountpoint: volumes.path(name),
    Name: name,
    Options: Object.keys(options).length > 0 ? options : null,
    Scope: 'local',
  };
}

function listed(volumes: Volumes, filters: Filters): unknown[] {
  const names = filters.get('name') ?? [];
  const drivers = filters.get('driver') ?? [];
  const isDangling = flagOf(filters, 'dangling');
  return volumes
    .all()
    .filter(({ name }) => names.length === 0 || names.some((wish) => matchesName(name, wish)))
    .filter(({ driver }) => drivers.length === 0 || drivers.includes(driver))
    .filter(({ holders }) => isDangling === undefined || isDangling === (holders.length === 0))
    .filter((record) => hasLabels(record, filters))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map((record) => volumeShape(volumes, record));
}

/** Since API 1.42 only anonymous volumes go unless `all` is set; the clients before meant all. What has options lies elsewhere and is never pruned. */
function prunable(call: Call<'VolumePrune'>): (record: VolumeRecord) => boolean {
  const filters = call.filters();
  const isAll = !isSelective(call.version) || flagOf(filters, 'all') === true;
  return (record) => (isAll || record.isAnonymous) && Object.keys(record.options).length === 0 && hasLabels(record, filters);
}

const isSelective = (version: ApiVersion): boolean => version.atLeast('1.42');

function flagOf(filters: Filters, key: string): boolean | undefined {
  const values = filters.get(key);
  if (values === undefined || values.length === 0) return undefined;
  if (values.every((value) => ['1', 'true'].includes(value.toLowerCase()))) return true;
  if (values.every((value) => ['0', 'false'].includes(value.toLowerCase()))) return false;
  throw new Failure('invalid', messages.invalidFilterValue(key, values));
}

function hasLabels({ labels }: VolumeRecord, filters: Filters): boolean {
  const has = (wish: string): boolean => {
    const [key = '', ...value] = wish.split('=');
    return Object.hasOwn(labels, key) && (value.length === 0 || labels[key] === value.join('='));
  };
  return (filters.get('label') ?? []).every(has) && !(filters.get('label!') ?? []).some(has);
}
