import { createBody } from './create-body.ts';
import { plainOptions } from './plain-options.ts';
import type { RunForm } from './run-form.ts';

export interface RunChange {
  readonly field: keyof RunForm;
  readonly before: string;
  readonly after: string;
}

/** What a running container can be given without being made anew; to take a limit away is none of it. */
const liveFields = [
  ...(['memory', 'memoryReservation', 'memorySwap', 'cpus', 'cpuShares', 'cpuPeriod', 'cpuQuota', 'cpuset', 'memoryNodes'] as const),
  ...(['cpuRealtimePeriod', 'cpuRealtimeRuntime', 'pids', 'blkioWeight', 'restart', 'restartTries'] as const),
] as const;
const liveNames: ReadonlySet<string> = new Set(liveFields);

/** Fields that say nothing of the container: how the image is fetched. */
const aside: ReadonlySet<string> = new Set(['pull']);

/** What differs between two forms, in the words that were written. */
export function changesOf(before: RunForm, after: RunForm): RunChange[] {
  return (Object.keys(after) as (keyof RunForm)[])
    .filter((field) => !aside.has(field))
    .map((field) => ({ field, before: shown(before[field]), after: shown(after[field]) }))
    .filter((change) => change.before !== change.after);
}

/** Whether all of it can be done while the container runs. */
export function canBeLive(changes: readonly RunChange[]): boolean {
  return changes.length > 0 && changes.every(({ field, after }) => liveNames.has(field) && (after !== '' || field === 'restartTries'));
}

/** The body of an update request. Swap follows memory as `docker run -m` has it, as much again, unless it is said. */
export function updateBody(changes: readonly RunChange[], after: RunForm): Record<string, unknown> {
  const { HostConfig } = createBody(after);
  const body: Record<string, unknown> = {};
  for (const { field } of changes) {
    const key =
      field === 'cpus'
        ? 'NanoCpus'
        : field.startsWith('restart')
          ? 'RestartPolicy'
          : plainOptions[field as 'memory'].at.slice('HostConfig.'.length);
    body[key] = HostConfig[key];
  }
  if ('Memory' in body && !('MemorySwap' in body)) body['MemorySwap'] = HostConfig['MemorySwap'] ?? Number(body['Memory']) * 2;
  return body;
}

/** `docker update` with the same effect. */
export function updateCommand(changes: readonly RunChange[], after: RunForm, name: string): string {
  const words = changes.flatMap(({ field }) => {
    if (field === 'cpus') return [`--cpus ${after.cpus}`];
    if (field === 'restart') return [`--restart ${after.restart}${after.restartTries ? `:${after.restartTries}` : ''}`];
    return field === 'restartTries' ? [] : [`${plainOptions[field as 'memory'].flag} ${after[field as 'memory']}`];
  });
  return ['docker update', ...words, name].join(' ');
}

function shown(value: RunForm[keyof RunForm]): string {
  if (typeof value === 'boolean') return value ? 'true' : '';
  if (typeof value === 'string') return value.trim();
  return value.map((row) => rowText(row)).join('\n');
}

function rowText(row: object): string {
  const { isReadOnly, ...words } = row as { isReadOnly?: boolean };
  return [...Object.values(words as Record<string, string>).filter(Boolean), ...(isReadOnly ? ['ro'] : [])].join(' ');
}
