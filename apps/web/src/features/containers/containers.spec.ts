import { closedAfterEach, eventually } from '@gantry/base/testing';
import type { Page } from 'playwright-core';
import { type ApiDouble, startApiDouble } from '../../testing/api-double.ts';
import { hostId, rowDouble } from '../../testing/fleet-double.ts';
import { openBrowser } from '../../testing/open-page.ts';

// The list of containers in a real Chromium, over a double of the server.
const opened = closedAfterEach();
const refused = { ...rowDouble(3, 3), name: 'aa-refuses', state: 'running' as const, labels: { refuses: '' }, link: 'live' as const };

async function openList(rows: number, query = ''): Promise<{ page: Page; double: ApiDouble }> {
  const double = opened.use(await startApiDouble({ rows, hosts: 3 }));
  const { page } = opened.use(await openBrowser());
  await page.goto(`${double.url}/containers${query}`);
  await page.getByRole('row').nth(5).waitFor();
  return { page, double };
}

const scrollTo = (page: Page, top: number): Promise<unknown> => page.evaluate(`document.querySelector('[role=grid]').scrollTo(0, ${top})`);

/** Rows that are scrolled to take over the elements of those that leave: neither an open menu nor the focus goes with them. */
async function neverMeansAnotherRow(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /^Actions for/ })
    .first()
    .click();
  await page.getByRole('menu').waitFor();
  await scrollTo(page, 1200);
  await page.getByRole('menu').waitFor({ state: 'hidden' });
  await page.getByRole('row').last().getByRole('link').first().focus();
  await scrollTo(page, 0);
  await page.locator('[role=grid]:focus').waitFor();
}

/** Where fewer rows are in sight than before, some are taken away; the list has the focus then, not the page. */
async function keepsTheFocusOfRowsThatGo(page: Page): Promise<void> {
  await scrollTo(page, 600);
  const lies = async (): Promise<number[]> =>
    (await page.getByRole('row').evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('aria-rowindex'))))).slice(1);
  // Once the list lies still its elements stand in the order of the rows, and the last is among those that are not needed at its top.
  await eventually(async () => {
    const now = await lies();
    expect(now[0]).toBeGreaterThan(2);
    expect(now).toEqual(now.toSorted((a, b) => a - b));
  });
  await page.getByRole('row').last().getByRole('link').first().focus();
  await scrollTo(page, 0);
  await page.locator('[role=grid]:focus').waitFor();
}

test('the filter, the states and the order stand in the address and survive a reload', async () => {
  const { page } = await openList(300);
  await page.getByLabel('Filter containers').fill('image:postgres*');
  await page.getByRole('button', { name: /^Running/ }).click();
  await page.getByRole('button', { name: 'Name' }).click();
  await page.waitForURL(/q=image:postgres\*.*state=running.*sort=name/);
  await page.reload();
  await page.getByRole('row').nth(2).waitFor();
  const texts = await page.getByRole('row').allInnerTexts();
  expect(texts.slice(1).every((text) => text.includes('postgres:18.1'))).toBe(true);
  expect(await page.getByLabel('Filter containers').inputValue()).toBe('image:postgres*');
});

test('a list can be worked with the keys alone', async () => {
  const { page, double } = await openList(60, '?sort=name&state=running');
  await neverMeansAnotherRow(page);
  await keepsTheFocusOfRowsThatGo(page);
  await page.getByRole('grid').focus();
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.keyboard.press('Shift+ArrowDown');
  await page.getByText('2 selected').waitFor();
  await page.keyboard.press('r');
  await page.getByText('Restart: 2 done').waitFor();
  expect(double.asked.map((asked) => asked.split(' ').slice(0, 2).join(' '))).toEqual(['POST restart', 'POST restart']);
  await page.keyboard.press('/');
  await page.keyboard.type('nothing-here');
  await page.getByText('No container matches').waitFor();
});

test('a bulk stop tells what failed and why, and tries only that again', async () => {
  const { page, double } = await openList(40, '?sort=name&state=running');
  double.change([refused]);
  await page.getByText('aa-refuses').waitFor();
  await page.getByLabel('Select all').check();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByText('1 failed').waitFor();
  await page.getByText('container aa-refuses is in use').waitFor();
  const retry = page.getByRole('button', { name: 'Retry failed' });
  await retry.waitFor();
  const before = double.asked.length;
  await retry.click();
  await eventually(() => expect(double.asked.slice(before).map((asked) => asked.split(' ').at(-1))).toEqual(['aa-refuses']));
  await page.getByText('Stop: 0 of 1').waitFor();
  await page.getByText('container aa-refuses is in use').waitFor();
});

test('removing names what is removed and shows the command; the row is pending until the host has told', async () => {
  const { page, double } = await openList(60, `?sort=name&state=running&scope=${hostId(1)}`);
  const row = page.getByRole('row').nth(1);
  const name = (await row.getByRole('link').first().innerText()).trim();
  await row.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(`docker rm -f ${name}`).waitFor();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('being removed').first().waitFor();
  await eventually(() => expect(double.asked).toEqual([`DELETE remove ${name}`]));
});

test('the palette finds a container and opens its logs', async () => {
  const { page, double } = await openList(80);
  const [row] = [...double.rows.values()].filter(({ state }) => state === 'running');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill(row?.name ?? '');
  await page
    .getByRole('option', { name: `Logs of ${row?.name ?? ''}` })
    .first()
    .click();
  await page.getByText('upstream billing-api').first().waitFor();
  expect(page.url()).toMatch(/\/logs$/);
});
