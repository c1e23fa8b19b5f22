import { closedAfterEach, eventually } from '@gantry/base/testing';
import type { Page } from 'playwright-core';
import { startApiDouble } from '../../testing/api-double.ts';
import { openBrowser } from '../../testing/open-page.ts';

// A long log in a real Chromium, over a double of the engine.
const opened = closedAfterEach();
const searchField = 'Search, or /pattern/';

async function openLog(logLines: number): Promise<Page> {
  const double = opened.use(await startApiDouble({ rows: 20, hosts: 2, logLines }));
  const { page } = opened.use(await openBrowser());
  const row = [...double.rows.values()].find(({ state, link }) => state === 'running' && link === 'live');
  await page.goto(`${double.url}/containers/${row?.host ?? ''}/${row?.id ?? ''}/logs`);
  await page.getByText(`#${logLines}`, { exact: false }).first().waitFor();
  return page;
}

const log = (page: Page) => page.getByRole('log');

/** How far the newest line is below the window, in pixels. */
const belowPx = (page: Page): Promise<number> =>
  log(page).evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight);

/** Waits until the log has grown by two lines more than it has now, whenever that is. */
async function moreLines(page: Page): Promise<void> {
  const count = async (): Promise<number> => Number((await page.getByText(/^[\d,]+ lines$/).innerText()).replace(/\D/g, ''));
  const before = await count();
  await eventually(async () => expect(await count()).toBeGreaterThanOrEqual(before + 2));
}

async function heapMegabytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize / 1e6;
}

test('120,000 lines: the newest at once, the older when asked, all of them searched, few of them built', async () => {
  const page = await openLog(120_000);
  await page.getByText('the newest 10,0', { exact: false }).waitFor();
  await page.getByRole('button', { name: 'Load older lines' }).click();
  await page.getByText(/^120,\d{3} lines$/).waitFor();

  await page.getByLabel(searchField).fill('timed out');
  await page.getByText(/^17,1[4-9]\d matches$/).waitFor();
  // Where the newest and the older ones meet, no line is missing and none is there twice.
  await page.getByLabel(searchField).fill('/#(109998|109999|110000|110001)$/');
  await page.getByText('4 matches').waitFor();
  await page.getByLabel(searchField).fill('/#(17|119987)$/');
  await page.getByText('2 matches').waitFor();
  await page.getByLabel(searchField).press('Enter');
  await log(page).getByText('#17', { exact: false }).first().waitFor();
  await page.getByLabel(searchField).press('Enter');
  await log(page).getByText('#119987', { exact: false }).first().waitFor();

  expect(await log(page).evaluate((element) => element.querySelectorAll('*').length)).toBeLessThan(2000);
  expect(await heapMegabytes(page)).toBeLessThan(150);
}, 180_000);

test('a followed log keeps its newest line whole in sight; reading on ends that, and coming back to the end begins it again', async () => {
  const page = await openLog(3000);
  const follow = page.getByRole('button', { name: 'Follow' });
  await moreLines(page);
  await eventually(async () => expect(await belowPx(page)).toBeLessThan(2));

  await log(page).hover();
  await eventually(async () => {
    await page.mouse.wheel(0, -4000);
    expect(await follow.getAttribute('aria-pressed')).toBe('false');
  });
  const place = (): Promise<number> => log(page).evaluate(({ scrollTop }) => scrollTop);
  await eventually(async () => {
    const before = await place();
    await moreLines(page);
    expect(await place()).toBe(before);
  });
  expect(await belowPx(page)).toBeGreaterThan(3000);

  await log(page).evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await page.waitForFunction(() => document.querySelector('[aria-pressed=true]')?.textContent.includes('Follow'));
}, 180_000);

test('wrapped lines are followed, too, and what was searched for is shown', async () => {
  const page = await openLog(3000);
  await page.getByRole('button', { name: 'Wrap long lines' }).click();
  await moreLines(page);
  await eventually(async () => expect(await belowPx(page)).toBeLessThan(2));
  await page.getByLabel(searchField).fill('#42');
  await page.getByText(/matches$/).waitFor();
  await page.getByLabel(searchField).press('Enter');
  await log(page).locator('mark, .\\!bg-mark').first().waitFor();
  await log(page).getByText('#42', { exact: true }).first().waitFor();
}, 180_000);
