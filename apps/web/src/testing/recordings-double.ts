import type { Recording } from '@gantry/contract';
import type { FleetRow } from '@gantry/engine-api';

const people = ['lin.wei', 'ada', 'ci-deploy'];

/** Terminals of these containers, one of them still open. */
export function recordingsDouble(rows: readonly FleetRow[]): Recording[] {
  return rows.slice(0, 12).map((row, index) => ({
    id: `30000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    who: people[index % people.length] ?? '',
    host: row.host,
    container: row.id,
    name: row.name,
    kind: 'exec',
    command: '/bin/sh -c command -v bash >/dev/null 2>&1 && exec bash; exec sh',
    startedAt: new Date(Date.UTC(2026, 10, 30, 9, 0, 0) - index * 3_600_000).toISOString(),
    isTruncated: false,
    ...(index === 0 ? {} : { durationMs: 61_000 * index, sizeBytes: 9_300 * index, sha256: 'ab'.repeat(32) }),
  }));
}

/** A shell in which somebody looks around for twelve seconds. */
export function castDouble(): string {
  const events = [
    [0.2, 'o', '\u001b[32mroot@shop-api\u001b[0m:/# '],
    [2, 'o', 'ls -l /srv\r\n'],
    [2.2, 'o', 'total 8\r\n-rw-r--r-- 1 root root 312 Nov 30 09:12 \u001b[1mconfig.yaml\u001b[0m\r\n'],
    [6, 'o', '\u001b[32mroot@shop-api\u001b[0m:/# '],
    [9, 'o', 'cat /srv/config.yaml\r\nupstream: billing-api\r\n'],
    [12, 'o', '\u001b[32mroot@shop-api\u001b[0m:/# '],
  ];
  const head = { version: 2, width: 100, height: 30, timestamp: 1_796_040_000, title: 'ada @ shop-api' };
  return [head, ...events].map((line) => `${JSON.stringify(line)}\n`).join('');
}
