import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import { busyboxImage } from '@gantry/engine-api/testing';
import type { Page } from 'playwright-core';
import { askEngine, becomeOwner, gantryUp, loadBusybox, runBusybox, type RunningGantry } from './gantry-up.ts';
import { openBrowser } from './open-page.ts';

// Images, volumes with their files, and networks as a person uses them: the real server, agent and engine, a real kernel, a real Chromium.
const opened = closedAfterEach();

interface Desk {
  readonly gantry: RunningGantry;
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly go: (path: string) => Promise<unknown>;
}

async function sitDown(): Promise<Desk> {
  const gantry = opened.use(await gantryUp());
  const { page, complaints } = opened.use(await openBrowser());
  await becomeOwner(page, gantry.address);
  return { gantry, page, complaints, go: (path) => page.goto(new URL(path, gantry.address).href) };
}

const rowOf = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });
async function choose(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: action }).click();
}

test('an image is sent from the browser, named, saved again, refused while it is used and removed when it is not', async () => {
  const { gantry, page, complaints, go } = await sitDown();
  const archive = join(gantry.directory, 'busybox.tar');
  await writeFile(archive, busyboxImage().archive);
  await go('/images');
  await page.getByText('No images yet').waitFor();
  await page.getByRole('button', { name: 'Load', exact: true }).click();
  await page.getByLabel('Choose a file or drop it here').setInputFiles(archive);
  await page.getByRole('dialog').getByRole('button', { name: 'Load', exact: true }).click();
  await page.getByRole('status').getByText('busybox:latest').waitFor();
  await page.keyboard.press('Escape');
  await rowOf(page, 'busybox').getByText('unused').waitFor();

  await choose(page, 'busybox:latest', 'Tag');
  await page.getByLabel('New name').fill('team/tools:1.0');
  await page.getByRole('dialog').getByRole('button', { name: 'Tag', exact: true }).click();
  await page.getByRole('link', { name: 'team/tools' }).waitFor();

  const saving = page.waitForEvent('download');
  await choose(page, 'team/tools:1.0', 'Save as a file');
  const saved = await saving;
  expect(saved.suggestedFilename()).toBe('team_tools_1.0.tar');
  const kept = join(gantry.directory, 'saved.tar');
  await saved.saveAs(kept);
  expect((await readFile(kept)).includes('manifest.json')).toBe(true);

  await runBusybox(gantry.socket, 'web');
  await rowOf(page, 'team/tools').getByText('web').waitFor();
  await page.getByRole('link', { name: 'team/tools' }).click();
  await page.getByText('busybox-static').waitFor();
  await page.getByRole('region', { name: 'Used by' }).getByRole('link', { name: 'web' }).waitFor();
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('Stays: used by web').first().waitFor();
  await eventually(async () => expect(await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).isDisabled()).toBe(true));
  await page.keyboard.press('Escape');

  await askEngine(gantry.socket, 'DELETE /containers/web?force=1');
  await go('/images?sheet=prune');
  await page.getByText('Nothing here is unused.').waitFor();
  await page.getByText('Also images that have a name').click();
  await page.getByRole('button', { name: 'Remove 1' }).click();
  await page.getByText(/\d removed, .* freed/).waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  await page.getByText('No images yet').waitFor();
  expect(complaints).toEqual([]);
}, 240_000);

test('a volume is made, its files are written, found changed by somebody else, renamed and removed; it goes only with its name typed', async () => {
  const { gantry, page, complaints, go } = await sitDown();
  await loadBusybox(gantry.socket);
  await go('/volumes?sheet=create');
  await page.getByLabel('Name', { exact: true }).fill('site');
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await page.getByText('This directory is empty').waitFor();

  await page.getByRole('button', { name: 'New directory' }).click();
  await page.getByLabel('Name', { exact: true }).fill('conf.d');
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await page.getByRole('button', { name: 'conf.d', exact: true }).click();
  await page.getByText('This directory is empty').waitFor();
  await page.locator('input[type=file]').setInputFiles({ name: 'app.yaml', mimeType: 'text/yaml', buffer: Buffer.from('port: 80\r\n') });
  await page.getByRole('button', { name: 'app.yaml', exact: true }).click();
  const editor = page.getByRole('textbox', { name: 'app.yaml' });
  await editor.fill('port: 8080\n名称: 订单\n');
  await page.keyboard.press('Control+s');
  await page.getByText('Saved', { exact: true }).waitFor();

  await runBusybox(gantry.socket, 'web', {
    HostConfig: { Binds: ['site:/site'] },
    script: 'cat /site/conf.d/app.yaml; echo; while true; do sleep 1; done',
  });
  await eventually(async () => {
    const log = await askEngine(gantry.socket, 'GET /containers/web/logs?stdout=1');
    for (const line of ['port: 8080\r\n', '名称: 订单\r\n']) expect(log).toContain(line);
  });

  const changing = JSON.parse(
    await askEngine(gantry.socket, 'POST /containers/web/exec', {
      Cmd: ['sh', '-c', 'echo theirs > /site/conf.d/app.yaml'],
      AttachStdout: true,
    }),
  ) as { Id: string };
  await askEngine(gantry.socket, `POST /exec/${changing.Id}/start`, { Detach: true });
  await eventually(async () =>
    expect(JSON.parse(await askEngine(gantry.socket, `GET /exec/${changing.Id}/json`))).toMatchObject({ Running: false, ExitCode: 0 }),
  );
  await editor.fill('mine\n');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Nothing was saved.').waitFor();
  await page.getByRole('button', { name: 'Load theirs, lose mine' }).click();
  await page.waitForFunction(() => document.querySelector('.cm-line')?.textContent === 'theirs');
  await page.getByRole('region', { name: 'Editor of app.yaml' }).getByRole('button', { name: 'Close' }).click();

  await page.locator('input[type=file]').setInputFiles({ name: 'app.yaml', mimeType: 'text/yaml', buffer: Buffer.from('again') });
  await page.getByText('There is one of this name.').waitFor();
  await page.getByRole('button', { name: 'Replace' }).click();
  await page.getByText('5 B').first().waitFor();
  await choose(page, 'app.yaml', 'Permissions');
  await page.getByLabel('Permissions', { exact: true }).fill('600');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('-rw-------').waitFor();
  await choose(page, 'app.yaml', 'Rename');
  await page.getByLabel('New name').fill('live.yaml');
  await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('button', { name: 'live.yaml', exact: true }).waitFor();
  const fetching = page.waitForEvent('download');
  await choose(page, 'live.yaml', 'Download');
  expect((await fetching).suggestedFilename()).toBe('live.yaml');

  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByText('Stays: used by web').waitFor();
  await page.keyboard.press('Escape');
  await askEngine(gantry.socket, 'DELETE /containers/web?force=1');
  await go('/volumes');
  await rowOf(page, 'site').getByText('unused').waitFor();
  await choose(page, 'site', 'Remove');
  const remove = page.getByRole('dialog').getByRole('button', { name: 'Remove' });
  await eventually(async () => expect(await remove.isDisabled()).toBe(true));
  await page.getByLabel('Type site to confirm').fill('site');
  await remove.click();
  await page.getByText('No volumes yet').waitFor();
  // Chromium tells of the two answers that were asked for: a file that was changed meanwhile, and one that exists.
  expect(complaints.filter((one) => !one.includes('409 (Conflict)'))).toEqual([]);
}, 240_000);

test('a network is made with a subnet of its own, a container joins and leaves it, and is seen in the picture of the host', async () => {
  const { gantry, page, complaints, go } = await sitDown();
  await loadBusybox(gantry.socket);
  await runBusybox(gantry.socket, 'web');
  await go('/networks?sheet=create');
  await page.getByLabel('Name', { exact: true }).fill('back');
  await page.getByLabel('Subnet', { exact: true }).fill('10.213.7.0/24');
  await page.getByLabel('Gateway', { exact: true }).fill('10.213.7.1');
  await page.getByText('Internal: no way out').click();
  await page.getByText('docker network create --subnet 10.213.7.0/24 --gateway 10.213.7.1 --internal back').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await page.getByText('No container is in it.').waitFor();

  await page.getByRole('button', { name: 'Connect a container' }).click();
  await page.getByLabel('Address').fill('10.213.7.9');
  await page.getByLabel('More names').fill('frontend');
  await page.getByRole('dialog').getByRole('button', { name: 'Connect' }).click();
  await page.getByText('10.213.7.9/24').waitFor();

  await page.getByRole('link', { name: 'web', exact: true }).click();
  await page.getByRole('tab', { name: 'Network' }).click();
  await page.getByText('frontend').waitFor();
  await go('/topology');
  const picture = page.getByRole('group', { name: /^Networks and containers of/ });
  await picture.getByRole('button', { name: /^web, Running, back 10\.213\.7\.9/ }).focus();
  await page.keyboard.press('Enter');
  const panel = page.getByRole('complementary', { name: 'web' });
  await panel.getByText('10.213.7.9/24').waitFor();
  await panel.getByRole('button', { name: 'Probe' }).click();
  await page.getByLabel('Name or address').fill('nobody.invalid');
  await page.getByLabel('Port', { exact: true }).fill('80');
  await page.getByRole('dialog').getByRole('button', { name: 'Probe' }).click();
  await page.getByText('Not reachable').waitFor();
  await page.keyboard.press('Escape');

  await go('/networks');
  await page.getByRole('link', { name: 'back' }).click();
  await page.getByRole('button', { name: 'Disconnect web' }).click();
  await page.getByText('No container is in it.').waitFor();
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('link', { name: 'bridge' }).waitFor();
  await page.getByRole('link', { name: 'back', exact: true }).waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
}, 240_000);
