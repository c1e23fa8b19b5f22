import { Failure } from '@gantry/base';
import { type Filters, messages } from '@gantry/engine-api';
import { exitOf, runOf, statusWord } from './container.ts';
import { matchesName } from '../name-pattern.ts';
import type { ContainersHost } from './containers-host.ts';
import { mountViews, sizes } from './inspect-container.ts';
import { linkNames } from './links.ts';
import type { ManagedContainer } from './managed-container.ts';
import { hostAddresses, networks } from './network-settings.ts';
import { portFilter } from './port-filter.ts';
import { statusText } from './status-text.ts';

export interface ListQuery {
  readonly all: boolean;
  readonly limit: number | undefined;
  readonly size: boolean;
  readonly filters: Filters;
}

const healths = ['none', 'starting', 'healthy', 'unhealthy'];
const statuses = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];

/** Containers as `GET /containers/json` lists them, the newest first; without `all`, `limit` or a status filter only those that run. */
export async function listContainers(host: ContainersHost, containers: readonly ManagedContainer[], query: ListQuery): Promise<object[]> {
  const imageIds = await ancestors(host, query.filters.get('ancestor'));
  const wanted = matcher(host, query, imageIds);
  const sorted = containers.toSorted((left, right) => right.record.createdAtMs - left.record.createdAtMs);
  const limit = query.limit !== undefined && query.limit > 0 ? query.limit : undefined;
  const showsAll = query.all || limit !== undefined || query.filters.has('status');
  const found = sorted.filter((container) => (showsAll || container.isRunning) && wanted(container)).slice(0, limit);
  const linked = linkNames(host, containers);
  return Promise.all(
    found.map(async (container) => ({
      ...(await summary(host, container, query.size)),
      Names: [`/${container.name}`, ...(linked.get(container.id) ?? [])].sort(),
    })),
  );
}

async function summary(host: ContainersHost, container: ManagedContainer, withSize: boolean): Promise<object> {
  const { record, state } = container;
  return {
    Id: record.id,
    Image: record.config.Image,
    ImageID: record.image.id,
    Command: shownCommand(record.command),
    Created: Math.floor(record.createdAtMs / 1000),
    Ports: [...published(container), ...unpublished(container)].sort((one, other) => one.PrivatePort - other.PrivatePort),
    ...(withSize && (await sizes(host, record))),
    Labels: record.config.Labels,
    State: statusWord(state),
    Status: statusText(container, Date.now()),
    HostConfig: {
      NetworkMode: record.hostConfig.NetworkMode,
      ...(record.hostConfig.Annotations && { Annotations: record.hostConfig.Annotations }),
    },
    NetworkSettings: { Networks: networks(host.sandboxes, record, state) },
    Mounts: mountViews(record),
  };
}

interface PortRow {
  readonly PrivatePort: number;
}

function published({ state }: ManagedContainer): PortRow[] {
  const ports = runOf(state)?.sandbox.ports ?? [];
  return ports.flatMap((port) =>
    hostAddresses(port).map((IP) => ({ IP, PrivatePort: port.containerPort, PublicPort: port.hostPort, Type: port.protocol })),
  );
}

function unpublished({ record, state }: ManagedContainer): PortRow[] {
  const run = runOf(state);
  if (!run || run.sandbox.endpoints.length === 0) return [];
  const published = new Set(run.sandbox.ports.map((port) => `${port.containerPort}/${port.protocol}`));
  const exposed = Object.keys(record.config.ExposedPorts ?? {}).filter((port) => !published.has(port));
  return exposed.map((port) => ({ PrivatePort: Number.parseInt(port, 10), Type: port.split('/')[1] ?? 'tcp' }));
}

/** Arguments with blanks are quoted, as Docker joins them. */
function shownCommand(command: readonly string[]): string {
  return command.map((word) => (word.includes(' ') ? `'${word}'` : word)).join(' ');
}

async function ancestors(host: ContainersHost, references: readonly string[] | undefined): Promise<Set<string> | undefined> {
  if (!references) return undefined;
  const found = references.map((reference) =>
    host.images
      .resolve(reference)
      .then(({ id }) => id as string)
      .catch(() => ''),
  );
  return new Set(await Promise.all(found));
}

/** What a filter cannot be. Fails with `invalid` in dockerd's words. */
function checkValues(filters: Filters): void {
  const code = filters.get('exited')?.find((value) => !/^-?\d+$/.test(value));
  if (code !== undefined) throw new Failure('invalid', `strconv.Atoi: parsing ${JSON.stringify(code)}: invalid syntax`);
  const status = filters.get('status')?.find((value) => !statuses.includes(value));
  if (status !== undefined) throw new Failure('invalid', messages.invalidChoice('status', status, statuses));
  const health = filters.get('health')?.find((value) => !healths.includes(value));
  if (health !== undefined) throw new Failure('invalid', messages.invalidChoice('health', health, healths));
  const task = filters.get('is-task')?.find((value) => !['true', 'false', '1', '0'].includes(value));
  if (task !== undefined) throw new Failure('invalid', messages.invalidFilterValue('is-task', [task]));
}

function matcher(
  host: ContainersHost,
  { filters }: ListQuery,
  imageIds: Set<string> | undefined,
): (container: ManagedContainer) => boolean {
  checkValues(filters);
  const [before] = filters.get('before') ?? [];
  const [since] = filters.get('since') ?? [];
  const beforeMs = before === undefined ? Infinity : host.find(before).record.createdAtMs;
  const sinceMs = since === undefined ? -Infinity : host.find(since).record.createdAtMs;
  const exposes = portFilter('expose', filters.get('expose'));
  const publishes = portFilter('publish', filters.get('publish'));
  const any = (key: string, test: (value: string) => boolean): boolean => filters.get(key)?.some(test) ?? true;
  return (container) => {
    const { record, state } = container;
    const { createdAtMs, config } = record;
    const joined = networks(host.sandboxes, record, state);
    return (
      createdAtMs < beforeMs &&
      createdAtMs > sinceMs &&
      any('status', (status) => status === statusWord(state)) &&
      any('exited', (code) => state.name === 'exited' && exitOf(state)?.code === Number(code)) &&
      any('id', (id) => record.id.startsWith(id)) &&
      any('name', (pattern) => matchesName(record.name, pattern.replace(/^(\^?)\//, '$1'))) &&
      (imageIds?.has(record.image.id) ?? true) &&
      (filters.get('label') ?? []).every((label) => hasLabel(config.Labels, label)) &&
      any('network', (network) =>
        Object.entries(joined).some(([name, { NetworkID }]) => name === network || NetworkID.startsWith(network)),
      ) &&
      any('volume', (volume) => record.mounts.some(({ name, destination, source }) => [name, destination, source].includes(volume))) &&
      exposes(container) &&
      publishes(container) &&
      any('health', (health) => health === (container.health?.status ?? 'none')) &&
      any('is-task', (value) => value === 'false' || value === '0')
    );
  };
}

export function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const at = wanted.indexOf('=');
  return at < 0 ? wanted in labels : labels[wanted.slice(0, at)] === wanted.slice(at + 1);
}
