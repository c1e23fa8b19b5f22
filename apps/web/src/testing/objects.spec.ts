import { closedAfterEach, eventually } from '@gantry/base/testing';
import type { Page } from 'playwright-core';
import { type ApiDouble, type DoubleOptions, startApiDouble } from './api-double.ts';
import { hostId } from './fleet-double.ts';
import { openBrowser } from './open-page.ts';

// What the lists over all hosts do where the real engine cannot be made to: slow pulls, hosts that fail, people without rights. In a real Chromium.
const opened = closedAfterEach();

async function open(path: string, options: Partial<DoubleOptions> = {}): Promise<{ page: Page; double: ApiDouble }> {
  const double = opened.use(await startApiDouble({ rows: 30, hosts: 3, ...options }));
  const { page } = opened.use(await openBrowser());
  await page.goto(double.url + path);
  return { page, double };
}

test('a pull has a line for each layer, with its bytes, and ends when it is cancelled', async () => {
  const { page, double } = await open('/images?sheet=pull');
  await page.getByRole('textbox', { name: 'Image' }).fill('ghcr.io/acme/api:3.0');
  await page.keyboard.press('Enter');
  const layers = page.getByRole('list', { name: 'Layers' });
  await layers.getByRole('listitem').filter({ hasText: '3f2a9c01d4e5' }).getByText('already there').waitFor();
  await layers
    .getByRole('listitem')
    .filter({ hasText: '9b1d77e0aa10' })
    .getByText(/MiB \/ 38\.1 MiB/)
    .waitFor();
  await page.getByRole('button', { name: 'Cancel the pull' }).click();
  await page.getByText('The pull was cancelled.').waitFor();
  await page.getByRole('button', { name: 'Pull', exact: true }).click();
  await page.getByText('ghcr.io/acme/api:3.0 is there').waitFor();
  expect(double.asked.filter((one) => one.startsWith('pull'))).toEqual(['pull ghcr.io/acme/api:3.0', 'pull ghcr.io/acme/api:3.0']);
}, 180_000);

test('of many that are removed, those that failed say why and are tried again', async () => {
  const { page, double } = await open('/images?q=edge-rpi-02');
  await page.getByRole('row').nth(5).waitFor();
  await page.getByRole('checkbox', { name: 'Select all' }).click();
  await page.getByRole('region', { name: 'Selected' }).getByRole('button', { name: 'Remove' }).click();
  const dialog = page.getByRole('dialog', { name: 'Remove 6 images?' });
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await dialog.getByText('conflict: unable to delete valkey/valkey:9-alpine').waitFor();
  await dialog.getByRole('button', { name: 'Try again' }).click();
  const asked = (name: string): string[] => double.asked.filter((one) => one.startsWith('remove image') && one.includes(name));
  await eventually(() => expect(asked('valkey')).toHaveLength(2));
  await dialog.getByText('conflict: unable to delete valkey/valkey:9-alpine').waitFor();
  expect(asked('nginx')).toHaveLength(1);
}, 180_000);

test('a host that fails is named with its words and asked again at a click; the others are shown, and who is offline is named', async () => {
  const { page, double } = await open('/volumes', { failingHost: hostId(2) });
  await page.getByRole('link', { name: 'postgres-data' }).first().waitFor();
  await page.getByText('fra1-node-03: the disk of volumes is gone').waitFor();
  await page.getByText('Offline, not asked now: iad1-db-02').waitFor();
  expect(await page.getByRole('link', { name: 'postgres-data' }).count()).toBe(1);
  const before = double.asked.length;
  await page.getByRole('button', { name: 'Try again' }).click();
  await eventually(() => expect(double.asked.length).toBeGreaterThan(before));
}, 180_000);

test('a viewer is shown images, volumes, networks and the picture, and offered nothing that would be refused', async () => {
  const { page, double } = await open('/images', { role: 'viewer' });
  await page.getByRole('link', { name: 'nginx' }).first().waitFor();
  for (const name of ['Pull image', 'Load', 'Clean up'])
    expect([name, await page.getByRole('button', { name }).count()]).toEqual([name, 0]);
  await page.goto(`${double.url}/volumes/${hostId(1)}/postgres-data`);
  await page.getByText('Your role may not read files here.').waitFor();
  expect(await page.getByRole('button', { name: 'Remove' }).count()).toBe(0);
  await page.goto(`${double.url}/networks`);
  await page.getByRole('link', { name: 'shop_default' }).first().waitFor();
  expect(await page.getByRole('button', { name: /Actions for/ }).count()).toBe(0);
  const [row] = [...double.rows.values()].filter(({ state, link, host }) => state === 'running' && link === 'live' && host === hostId(1));
  await page.goto(`${double.url}/topology?scope=${hostId(1)}&at=${hostId(1)}/${row?.id ?? ''}`);
  await page.getByRole('complementary', { name: row?.name ?? '' }).waitFor();
  expect(await page.getByRole('button', { name: 'Probe' }).count()).toBe(0);
  expect(double.asked).toEqual([]);
}, 180_000);

test('a file that is dropped is uploaded where one is, and a text that is not saved is not lost by walking away, nor where a part of the app is gone', async () => {
  const { page, double } = await open(`/volumes/${hostId(1)}/postgres-data?path=/conf.d`);
  await page.getByText('This directory is empty').waitFor();
  const dropped = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['hello'], 'dropped.txt'));
    return transfer;
  });
  await page.getByRole('region', { name: 'Files' }).dispatchEvent('drop', { dataTransfer: dropped });
  await page.getByRole('status', { name: 'Uploads' }).getByText('5 B').waitFor();
  await eventually(() => expect(double.asked).toContain('PUT files/content /conf.d/dropped.txt'));

  await page.goto(`${double.url}/volumes/${hostId(1)}/postgres-data?file=/app.yaml`);
  await page.getByRole('textbox', { name: 'app.yaml' }).fill('changed: true');
  await page.getByText('Not saved').waitFor();
  const questions: string[] = [];
  page.on('dialog', (dialog) => {
    questions.push(dialog.message());
    void (questions.length < 3 ? dialog.dismiss() : dialog.accept());
  });
  await page.getByRole('tab', { name: 'About' }).click();
  await page.getByRole('link', { name: 'Overview' }).click();
  expect(await page.getByRole('textbox', { name: 'app.yaml' }).textContent()).toBe('changed: true');

  // What was written stays although it was given up, for where it is left for is not there any more; nothing is loaded again unasked.
  await page.route('**/OverviewPage-*.js', (route) => route.abort());
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByText(/^A part of this page is not there any more/).waitFor();
  await page.getByRole('button', { name: 'Later', exact: true }).click();
  await page.getByRole('textbox', { name: 'app.yaml' }).fill('changed: twice');
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'conf.d', exact: true }).waitFor();
  expect(questions).toEqual(Array.from({ length: 4 }, () => 'app.yaml has changes that are not saved. Leave it?'));

  // Where nothing would be lost it is.
  await page.evaluate(() => Object.assign(window, { isBefore: true }));
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.waitForFunction(() => !('isBefore' in window));
  await page.unroute('**/OverviewPage-*.js');
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByText('Busiest containers').waitFor();
}, 180_000);

test('the logs of many containers are one by time; a level, a search and a moment are in the address', async () => {
  const { page, double } = await open('/logs?q=state:running', { logLines: 300 });
  await page.getByText('timed out').first().waitFor();
  await page.getByRole('button', { name: 'Error', exact: true }).click();
  await page.getByRole('searchbox', { name: 'Search, or /pattern/' }).fill('attempt');
  await page.waitForURL(/level=error/);
  await page.getByText(/of .* lines/).waitFor();
  const log = page.getByRole('log');
  await log.getByText('upstream').first().waitFor();
  await eventually(async () => expect(await log.getByText('cache hit').count()).toBe(0));
  // At the beginning, where nothing moves when lines come.
  await log.focus();
  await page.keyboard.press('Home');
  let times: string[] = [];
  await eventually(async () => {
    expect(/#\d+/.exec(await log.innerText())?.[0]).toBe('#5'); // the first of the lines that are wanted
    times = await log.getByRole('link').allTextContents();
    expect(times.length).toBeGreaterThan(10);
    expect([...times].sort()).toEqual(times);
  });
  expect(double.asked).toEqual([]);
  await page.getByRole('button', { name: 'Live rather than complete' }).click();
  await page.waitForURL(/live=1/);
  await eventually(() => expect(double.asked.filter((one) => one.startsWith('live log')).length).toBeGreaterThan(1));
  await eventually(async () => expect((await log.getByRole('link').allTextContents()).slice(0, 5)).toEqual(times.slice(0, 5)));
  const moment = await log.getByRole('link').nth(5).getAttribute('href');
  await page.goto(double.url + (moment ?? ''));
  await page.getByRole('log').locator('.bg-accent-wash').first().waitFor();
  expect(await page.getByRole('button', { name: 'Follow' }).getAttribute('aria-pressed')).toBe('false');
  // Whoever reads on from there is left where they are, though lines come in.
  const [topPx, lines] = [() => log.evaluate(({ scrollTop }) => scrollTop), () => page.getByText(/of .* lines/).innerText()];
  await eventually(async () => {
    await log.press('End'); // again where the lines were not all there yet
    const [before, placePx] = [await lines(), await topPx()];
    expect(placePx).toBeGreaterThan(500);
    await eventually(async () => expect(await lines()).not.toBe(before));
    expect(await topPx()).toBe(placePx);
  });
  await page.getByLabel('Go to a time').fill('2020-01-01T00:00:00');
  await page.waitForURL(/at=1577[78]\d+/);
}, 180_000);
