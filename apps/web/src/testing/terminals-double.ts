import type { LiveTerminal } from '@gantry/contract';
import type { FleetRow } from '@gantry/engine-api';

/** Three open terminals: one's own, one that may be joined and one that may be watched; the last is on the first host that runs. */
export function terminalsDouble(rows: readonly FleetRow[]): LiveTerminal[] {
  const running = rows.filter(({ state, link }) => state === 'running' && link === 'live');
  const [first, second = first] = running;
  if (!first || !second) return [];
  const at = (
    row: FleetRow,
    id: string,
    minutes: number,
  ): Pick<LiveTerminal, 'id' | 'kind' | 'host' | 'container' | 'name' | 'command' | 'startedAt'> => ({
    ...{ id, kind: 'exec' as const, host: row.host, container: row.id, name: row.name, command: 'sh' },
    startedAt: new Date(Date.now() - minutes * 60_000).toISOString(),
  });
  return [
    { ...at(second, 'e2', 95), owner: 'ada', isOwn: true, can: ['watch', 'join', 'end'], people: [] },
    {
      ...at(second, 'e3', 12),
      ...{ owner: 'ci-deploy', isOwn: false, can: ['watch', 'join', 'end'] },
      people: [{ name: 'ci-deploy', mode: 'own' }],
    },
    {
      ...at(first, 'e1', 3),
      ...{ owner: 'lin.wei', isOwn: false, can: ['watch'] },
      people: [
        { name: 'lin.wei', mode: 'own' },
        { name: 'ana.horvat', mode: 'watch' },
      ],
    },
  ];
}
