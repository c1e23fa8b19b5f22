import { closedAfterEach, unusedPort } from '@gantry/base/testing';
import { becomeOwner, gantryUp, loadBusybox } from './gantry-up.ts';
import { openBrowser } from './open-page.ts';

// The whole way as a person goes it: `gantry up` with the built parts and Gantry's own engine, a real kernel, a real Chromium.
const opened = closedAfterEach();
test('from the printed link to a container that answers, is followed, driven and removed', async () => {
  const { address, socket } = opened.use(await gantryUp());
  await loadBusybox(socket);
  const port = await unusedPort();
  const { page, complaints } = opened.use(await openBrowser());
  await becomeOwner(page, address);

  await page.goto(new URL('/containers?sheet=run', address).href);
  await page.getByLabel('Image', { exact: true }).fill('busybox:latest');
  await page.getByLabel('Name', { exact: true }).fill('web');
  const script =
    'mkdir /www; echo hello > /www/index.html; httpd -p 80 -h /www; i=0; while true; do i=$((i+1)); echo line $i; sleep 0.2; done';
  await page.getByLabel('Command', { exact: true }).fill(`sh -c "${script}"`);
  await page.getByRole('button', { name: 'Add: Published ports' }).click();
  await page.getByLabel('host port').fill(`127.0.0.1:${port}`);
  await page.getByLabel('container port').fill('80');
  await page.getByRole('button', { name: 'Run', exact: true }).click();

  await page
    .getByText(/^line \d+$/)
    .first()
    .waitFor();
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('hello\n');
  await page
    .getByText(/^\d+ KiB$|^\d\.\d MiB$/)
    .first()
    .waitFor();

  await page.getByRole('tab', { name: 'Terminal' }).click();
  await page.getByText('/ #').first().waitFor();
  await page.keyboard.type('echo shell-$((6*7))\n');
  await page.getByText('shell-42').first().waitFor();

  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByRole('button', { name: 'Start', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Actions for web' }).click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No containers yet').waitFor();
  expect(complaints).toEqual([]);
}, 180_000);
