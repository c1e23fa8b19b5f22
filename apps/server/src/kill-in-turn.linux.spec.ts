import { killInTurn } from './testing/kill-in-turn.ts';

test('server and agent killed in turn under load: no line, exit code or acknowledged write is lost, and all reconnects by itself', async () => {
  const report = await killInTurn({ writers: 4, kills: [['server'], ['agent'], ['server', 'agent']], quietMs: 1500 });

  expect(report).toMatchObject({ lost: 0, doubled: 0, missing: [] });
  expect(report.lines).toBeGreaterThan(100);
  expect(report.cuts).toBeGreaterThanOrEqual(4 * 3);
  expect(report.acknowledged).toBeGreaterThan(0);
}, 240_000);
