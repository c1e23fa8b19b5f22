// Claim: 20,000 lines a second into the log of a container and into the logs of the fleet leave the page at 30 frames a second at least, with 200,000 lines in
// view; searching and scrolling in them is drawn as smoothly. The built app in a real Chromium, the server a double that writes so fast; it runs on the same
// machine. Words: name of the bench, seconds of each measurement (10).
import { startApiDouble } from '../apps/web/src/testing/api-double.ts';
import { openBrowser } from '../apps/web/src/testing/open-page.ts';
import { framesWhile, type Frames } from './page-frames.ts';

const seconds = Number(process.argv[3] ?? 10);
const linesPerSecond = 20_000;
const kept = 200_000;
const fleetContainers = 10;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Measured extends Frames {
  readonly linesPerSecond: number;
}

async function ofContainer(): Promise<Record<string, Measured>> {
  await using double = await startApiDouble({ rows: 60, hosts: 3, logLines: 10_000, logRate: linesPerSecond });
  await using browser = await openBrowser();
  const { page } = browser;
  const row = [...double.rows.values()].find(({ state, link }) => state === 'running' && link === 'live');
  await page.goto(`${double.url}/containers/${row?.host ?? ''}/${row?.id ?? ''}/logs`);
  const label = page.getByText(/^[\d,]+ lines$/).first();
  const lines = async (): Promise<number> => Number((await label.innerText()).replace(/\D/g, ''));
  const measured = async (work: () => Promise<void>): Promise<Measured> => {
    const [before, at] = [await lines(), performance.now()];
    const frames = await framesWhile(page, work);
    return { ...frames, linesPerSecond: Math.round(((await lines()) - before) / ((performance.now() - at) / 1000)) };
  };
  await label.waitFor();
  const filling = await measured(() => pause(seconds * 1000));
  while ((await lines()) < kept) await pause(200);
  const full = await measured(() => pause(seconds * 1000));
  const searching = await measured(async () => {
    await page.getByRole('searchbox', { name: 'Search' }).fill('timed out');
    await pause(seconds * 1000);
  });
  const scrolling = await measured(async () => {
    await page.getByRole('log').hover();
    for (let at = performance.now(); performance.now() - at < seconds * 1000; await pause(50)) await page.mouse.wheel(0, -1200);
  });
  return {
    'container, filling': filling,
    'container, 200,000 lines': full,
    'container, searching': searching,
    'container, scrolling': scrolling,
  };
}

async function ofFleet(): Promise<Record<string, Measured>> {
  const logRate = linesPerSecond / fleetContainers;
  await using double = await startApiDouble({ rows: 400, hosts: 4, logLines: 2000, logRate });
  await using browser = await openBrowser();
  const { page } = browser;
  const running = [...double.rows.values()].filter(({ state, link }) => state === 'running' && link === 'live').slice(0, fleetContainers);
  double.change(running.map((row, index) => ({ ...row, name: `bench-${index}` })));
  await page.goto(`${double.url}/logs?q=bench-`);
  const label = page.getByText(/lines/).first();
  await label.waitFor();
  const lines = async (): Promise<number> => Number(/([\d,]+)\D*lines/.exec(await label.innerText())?.[1]?.replace(/\D/g, '') ?? 0);
  const measured = async (work: () => Promise<void>): Promise<Measured> => {
    const [before, at] = [await lines(), performance.now()];
    const frames = await framesWhile(page, work);
    return { ...frames, linesPerSecond: Math.round(((await lines()) - before) / ((performance.now() - at) / 1000)) };
  };
  const filling = await measured(() => pause(seconds * 1000));
  await pause(Math.max(0, (kept / linesPerSecond) * 1000 - seconds * 1000));
  const full = await measured(() => pause(seconds * 1000));
  return { 'fleet, filling': filling, 'fleet, 200,000 lines': full };
}

const results = { ...(await ofContainer()), ...(await ofFleet()) };
console.table(
  Object.fromEntries(
    Object.entries(results).map(([name, { fps, worstMs, longTasksMs, linesPerSecond: rate }]) => [
      name,
      {
        'frames/s': fps,
        'longest frame (ms)': worstMs,
        'tasks > 50 ms': longTasksMs.length,
        'longest task (ms)': longTasksMs[0] ?? 0,
        'lines/s': rate,
      },
    ]),
  ),
);
console.log(JSON.stringify(results));
