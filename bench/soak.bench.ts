// Claim: a page that somebody works in all day holds no more memory after ten minutes than after the first: with 10,000 containers of which 200 change each second
// they go through the pages, scroll, sort, filter, choose, look at logs and come back. The built app in a real Chromium over a double of the server.
// Flat is 5 % at most between the two minutes after the second and the last two; it fails where it is more. Words: name of the bench, minutes (10).
import type { Page } from 'playwright-core';
import { startApiDouble } from '../apps/web/src/testing/api-double.ts';
import { openBrowser } from '../apps/web/src/testing/open-page.ts';
import { type Held, heldBy } from './page-frames.ts';
import { tellSteadiness } from './steadiness.ts';

const minutes = Number(process.argv[3] ?? 10);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One round of what people do. */
async function work(page: Page): Promise<void> {
  for (const key of ['o', 'h', 'i', 'j', 'c']) {
    await page.keyboard.press('g');
    await page.keyboard.press(key);
    await pause(1000);
  }
  await page.getByRole('row').nth(5).waitFor();
  await page.getByRole('grid').hover();
  for (const step of [1500, 1500, 1500, -1500, -3000]) {
    await page.mouse.wheel(0, step);
    await pause(100);
  }
  for (const name of ['CPU', 'Name']) await page.getByRole('button', { name, exact: true }).click();
  await page.getByLabel('Filter containers').pressSequentially('shop state:run', { delay: 40 });
  await page.getByLabel('Select all').check();
  await page.getByLabel('Select all').uncheck();
  await page.getByLabel('Filter containers').fill('');
  await page.getByRole('grid').focus();
  await page.keyboard.press('j');
  await page.keyboard.press('l');
  await page.waitForURL(/\/logs/);
  await pause(2000);
}

await using double = await startApiDouble({ rows: 10_000, hosts: 9, churn: 200, logRate: 200 });
await using browser = await openBrowser();
const { page } = browser;
await page.goto(`${double.url}/containers?sort=name`);
const held: (Held & { readonly atMs: number })[] = [];
const startMs = performance.now();
while (performance.now() - startMs < minutes * 60_000) {
  await work(page);
  held.push({ ...(await heldBy(page)), atMs: performance.now() - startMs });
}
const megabytes = ({ heapBytes }: Held): number => Math.round(heapBytes / 1e5) / 10;
const told = (one: Held | undefined): object | undefined => one && { MB: megabytes(one), nodes: one.nodes, listeners: one.listeners };
const most = held.toSorted((a, b) => b.heapBytes - a.heapBytes)[0];
console.table({ 'after the second round': told(held[1]), 'at most': told(most), [`at the end, ${held.length} rounds`]: told(held.at(-1)) });
console.log(JSON.stringify({ minutes, heaps: held.map(megabytes), nodes: held.map(({ nodes }) => nodes) }));
tellSteadiness(
  'heap of the page',
  'MB',
  held.map((one) => ({ atMs: one.atMs, value: megabytes(one) })),
);
tellSteadiness(
  'nodes of the page',
  'nodes',
  held.map(({ atMs, nodes }) => ({ atMs, value: nodes })),
);
if (browser.complaints.length > 0) console.log('the page complained:', browser.complaints.slice(0, 5));
