import type { AuditEntry } from '@gantry/contract';
import type { FleetRow } from '@gantry/engine-api';
import { randomFrom } from './fleet-double.ts';

const people = ['lin.wei', 'ada', 'ci-deploy', 'marta.k'];
const verbs = [
  ['ContainerStart', 'start'],
  ['ContainerStop', 'stop'],
  ['ContainerRestart', 'restart'],
  ['ContainerDelete', ''],
  ['ContainerExec', 'exec'],
] as const;
const outcomes = ['done', 'done', 'done', 'done', 'failed', 'denied', 'unknown', 'intended'] as const;
const statuses = { done: 204, failed: 409, denied: 403 } as const;
const entries = 240;

/** Entries of a log about these containers; the filter's `text` and `outcome` are heeded, as pages of a hundred. */
export function auditDouble(rows: readonly FleetRow[], query: URLSearchParams): AuditEntry[] {
  const random = randomFrom(11);
  const all = rows.length === 0 ? [] : Array.from({ length: entries }, (_, index) => entryDouble(entries - index, rows, random));
  const [words, outcome, before] = [query.get('text'), query.get('outcome'), Number(query.get('before') ?? entries + 1)];
  return all
    .filter((entry) => outcome === null || entry.outcome === outcome)
    .filter((entry) => words === null || JSON.stringify(entry).toLowerCase().includes(words.toLowerCase()))
    .filter(({ sequence }) => sequence < before)
    .slice(0, 100);
}

function entryDouble(sequence: number, rows: readonly FleetRow[], random: () => number): AuditEntry {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const row = pick(rows);
  const [action, verb] = pick(verbs);
  const outcome = pick(outcomes);
  const at = Date.UTC(2026, 10, 30, 9, 0, 0) - (entries - sequence) * 241_000;
  const status = outcome in statuses ? statuses[outcome as keyof typeof statuses] : undefined;
  return {
    sequence,
    request: `20000000-0000-4000-8000-${String(sequence).padStart(12, '0')}`,
    at: new Date(at).toISOString(),
    who: pick(people),
    action,
    host: row.host,
    target: `/engine/${row.host}/v1.51/containers/${row.id}${verb === '' ? '' : `/${verb}`}`,
    outcome,
    address: '192.0.2.17',
    ...(outcome === 'done' || outcome === 'failed' ? { endedAt: new Date(at + 180).toISOString() } : {}),
    ...(status === undefined ? {} : { status }),
    ...(action === 'ContainerExec'
      ? { details: { command: 'sh -c "ls -l /srv; \\u001b[31m"', elevated: ['Privileged'], openMs: 8123 } }
      : {}),
    ...(outcome === 'denied' ? { details: { why: 'container:exec is needed for this' } } : {}),
  };
}
