// Claim: six hours of one container out of a week of 100 are read in a few milliseconds, by the index of the days that the range touches.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '@gantry/db';

const [containers, days, rowsPerDay] = [100, 7, 144];
const firstDay = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;
const host = '00000000-0000-4000-8000-000000000001';
const array = 'array(select (random() * 1000)::real from generate_series(1, 60))';

const directory = await mkdtemp(join(tmpdir(), 'gantry-bench-'));
try {
  await chmod(directory, 0o711);
  await using database = await Database.open({ dataRoot: join(directory, 'data'), runRoot: join(directory, 'run') });
  const run = (sql: string): Promise<number> => database.prisma.$executeRawUnsafe(sql);
  for (let day = 0; day < days; day++) {
    const [from, to] = [day, day + 1].map((number) => new Date(firstDay + number * dayMs).toISOString());
    await run(`create table "MetricHistory_${day}" partition of "MetricHistory" for values from ('${from ?? ''}') to ('${to ?? ''}')`);
  }
  await run(`insert into "MetricHistory"
    select '${host}', lpad(container::text, 64, '0'), to_timestamp(${firstDay / 1000}) + slot * interval '10 minutes',
      array(select number * 10000 from generate_series(0, 59) as number), ${Array.from({ length: 8 }, () => array).join(', ')}
    from generate_series(1, ${containers}) as container, generate_series(0, ${days * rowsPerDay - 1}) as slot`);
  await run('create table "Plain" as select * from "MetricHistory"');
  await run('analyze');

  for (const table of ['Plain', 'MetricHistory']) {
    const query = `select * from "${table}" where "hostId" = '${host}' and "containerId" = lpad('77', 64, '0')
      and "startAt" > '2026-01-04T10:50Z' and "startAt" <= '2026-01-04T17:00Z' order by "startAt"`;
    const plan = await database.prisma.$queryRawUnsafe<{ 'QUERY PLAN': string }[]>(
      `explain (analyze, buffers, costs off, timing off) ${query}`,
    );
    console.log(`${table}:\n${plan.map((line) => line['QUERY PLAN']).join('\n')}\n`);
    const times: number[] = [];
    for (let round = 0; round < 20; round++) {
      const start = performance.now();
      await database.prisma.$queryRawUnsafe(query);
      times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    console.log(`${table}: median ${(times[10] ?? 0).toFixed(1)} ms of 20 selects through Prisma\n`);
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
