import { closedAfterEach, eventually } from '@gantry/base/testing';
import { startApiDouble } from '../../testing/api-double.ts';
import { hostId } from '../../testing/fleet-double.ts';
import { jobsBefore } from '../../testing/jobs-double.ts';
import { openBrowser } from '../../testing/open-page.ts';

// What is being done and what has happened, in a real Chromium over a double of the server.
const opened = closedAfterEach();

test('a job that is begun in one tab is seen in another and after a reload, tells its steps, is cancelled and tried again', async () => {
  const double = opened.use(await startApiDouble({ rows: 40, hosts: 3 }));
  const rows = [...double.rows.values()];
  jobsBefore(rows).forEach((job) => double.jobs.put(job));
  const { page, context, complaints } = opened.use(await openBrowser());
  await page.goto(`${double.url}/activity`);
  const pull = page.getByRole('listitem', { name: 'Pull ghcr.io/acme/api:3.0' });
  await pull.getByText('17.5 MiB / 37.4 MiB · 47%').waitFor();
  await pull.getByRole('list', { name: 'Layers' }).getByText('unpacking').waitFor();
  await pull.getByRole('button', { name: 'Cancel' }).click();
  await pull.getByText('Cancelled').first().waitFor();

  const failed = page.getByRole('listitem', { name: 'Restart: 3 containers' }).first();
  await failed.getByText('2 of 3, 1 failed').waitFor();
  await failed.getByRole('button', { name: 'Steps of Restart: 3 containers' }).click();
  await failed.getByText(`container ${rows[1]?.name ?? ''} is in use`).waitFor();
  const other = await context.newPage();
  await other.goto(`${double.url}/activity`);
  await other.getByText('Clean up images').waitFor();
  await failed.getByRole('button', { name: 'Retry failed' }).click();
  const again = `Restart ${rows[1]?.name ?? ''}`;
  for (const tab of [page, other]) await tab.getByRole('listitem', { name: again }).getByText('Done').first().waitFor();
  await other.reload();
  await other.getByRole('listitem', { name: again }).getByText('Done').first().waitFor();
  expect(complaints).toEqual([]);
}, 180_000);

test('events come live and page by page, only those that the filter takes, and the cursor goes over them', async () => {
  const double = opened.use(await startApiDouble({ rows: 40, hosts: 3 }));
  const { page, complaints } = opened.use(await openBrowser());
  await page.goto(`${double.url}/activity/events?type=container&action=oom`);
  await page.getByRole('row').nth(3).waitFor();
  const event = { host: hostId(1), type: 'container', id: 'a'.repeat(64), atMs: Date.now() } as const;
  double.tell([{ ...event, action: 'oom', name: 'live-one' }]);
  double.tell([{ ...event, action: 'start', name: 'other-one' }]);
  await page.getByRole('row', { name: /live-one/ }).waitFor();
  expect(await page.getByRole('row', { name: /other-one/ }).count()).toBe(0);

  await page.getByRole('combobox', { name: 'Kind' }).selectOption('network');
  await page.getByRole('combobox', { name: 'Action' }).fill('');
  await page.keyboard.press('Tab');
  await page.getByRole('link', { name: 'shop_default' }).first().waitFor();
  await page.getByRole('combobox', { name: 'Kind' }).selectOption('');
  await page.getByRole('grid').focus();
  await eventually(async () => {
    await page.keyboard.press('End');
    expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toBe('403');
  });
  await page.keyboard.press('/');
  await page.keyboard.type('nothing-like-this');
  await page.waitForURL(/q=nothing-like-this/);
  await page.getByText('No event matches').waitFor();
  await page.getByRole('combobox', { name: 'Kind' }).selectOption('image');
  await page.waitForURL(/type=image/);
  await page.getByRole('button', { name: 'Clear filter' }).click();
  await page.waitForURL(/\/events$/);
  expect(complaints).toEqual([]);
}, 180_000);
