import { closedAfterEach } from '@gantry/base/testing';
import { becomeOwner, gantryUp, loadBusybox, runBusybox } from './gantry-up.ts';
import { openBrowser } from './open-page.ts';

// The tabs of a container's page over the real engine: what runs in it, what it has changed, its files, its health, its limits.
const opened = closedAfterEach();

const script = 'echo new > /etc/motd; dd if=/dev/zero of=/big bs=1024 count=64 2>/dev/null; sleep 1234 & while true; do sleep 1; done';
const health = {
  Test: ['CMD-SHELL', 'test -e /broken && { echo it is broken; exit 3; }; exit 0'],
  Interval: 1e9,
  Timeout: 1e9,
  Retries: 1,
};

test('what runs in a container, what it changed, how healthy it is and what it may use is seen, and its limits, name and files are changed', async () => {
  const gantry = opened.use(await gantryUp());
  await loadBusybox(gantry.socket);
  const id = await runBusybox(gantry.socket, 'api', { script, Healthcheck: health, HostConfig: { Binds: ['data:/data'] } });
  const { page, complaints } = opened.use(await openBrowser());
  await becomeOwner(page, gantry.address);
  await page.goto(new URL('/containers', gantry.address).href);
  await page.getByRole('link', { name: 'api', exact: true }).click();

  await page.getByRole('tab', { name: 'Processes' }).click();
  await page.getByRole('cell', { name: 'sleep 1234', exact: true }).waitFor();
  await page.getByRole('tab', { name: 'Mounts' }).click();
  await page.getByRole('cell', { name: '/data' }).waitFor();
  await page.getByRole('link', { name: 'data', exact: true }).waitFor();
  await page.getByRole('tab', { name: 'Changes' }).click();
  await page.getByText('/etc/motd').waitFor();
  await page.getByRole('listitem').filter({ hasText: '/big' }).getByText('64.0 KiB').waitFor();

  await page.getByRole('tab', { name: 'Health' }).click();
  await page.getByText('passed').first().waitFor();
  await page.getByRole('tab', { name: 'Files' }).click();
  await page.getByRole('button', { name: 'New file' }).click();
  await page.getByLabel('Name', { exact: true }).fill('broken');
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await page.getByRole('button', { name: 'broken', exact: true }).waitFor();
  await page.getByRole('tab', { name: 'Health' }).click();
  await page.getByText('it is broken').first().waitFor();
  await page.getByText('failed with 3').first().waitFor();

  await page.getByRole('tab', { name: 'Config' }).click();
  await page.getByRole('button', { name: 'Edit limits' }).click();
  await page.getByLabel('Memory limit').fill('96m');
  await page.getByLabel('Processes at most').fill('50');
  await page.getByText('docker update --memory 96m --pids-limit 50 api').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('region', { name: 'Limits' }).getByText('96.0 MiB').waitFor();
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByLabel('New name').fill('orders');
  await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('heading', { level: 1, name: 'orders' }).waitFor();
  expect(page.url()).toContain(id);
  expect(complaints).toEqual([]);
}, 240_000);
