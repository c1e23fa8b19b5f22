import { closedAfterEach, eventually } from '@gantry/base/testing';
import type { Page } from 'playwright-core';
import { startApiDouble } from './api-double.ts';
import { type BuiltServer, startBuiltServer } from './built-server.ts';
import { openBrowser } from './open-page.ts';
import { pressToGo } from './press-to-go.ts';

// Who may do what, as people set it: the built server and its database, the built pages, a real Chromium.
const opened = closedAfterEach();
const [ownersPassword, ottosPassword] = ['tapir-lampe-rost-kiesel', 'hafer-tinte-wolke-drei'];

async function setUp(page: Page, { url, code }: BuiltServer): Promise<void> {
  await page.goto(`${url}/setup#code=${code}`);
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill(ownersPassword);
  await page.getByLabel('Repeat password').fill(ownersPassword);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.waitForURL('**/welcome');
}

async function signIn(page: Page, url: string, [name, password]: readonly [string, string]): Promise<void> {
  await page.context().clearCookies();
  await page.goto(`${url}/login`);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL(`${url}/`);
}

/** The path of the link that an invited operator gets. */
function invite(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ name: 'otto', role: 'operator' });
    const response = await fetch('/api/users', { method: 'POST', headers, body });
    return ((await response.json()) as { link: { path: string } }).link.path;
  });
}

async function name(page: Page, button: string, called: string): Promise<void> {
  await page.getByRole('button', { name: button }).first().click();
  const dialog = page.getByRole('dialog', { name: button });
  await dialog.getByLabel('Name', { exact: true }).fill(called);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('dialog', { name: called }).getByRole('button', { name: 'Done' }).click();
}

test('an owner makes a team and a role, grants it for a time on a host group, finds it in the matrix, and is asked for more', async () => {
  const server = opened.use(await startBuiltServer());
  const { page, complaints } = opened.use(await openBrowser());
  await setUp(page, server);
  const link = await invite(page);

  await page.goto(`${server.url}/access/teams`);
  await name(page, 'Create team', 'web');
  await page.goto(`${server.url}/access/host-groups`);
  await name(page, 'Create host group', 'production');

  await page.goto(`${server.url}/access/roles?role=new`);
  const role = page.getByRole('dialog', { name: 'Create role' });
  await role.getByLabel('Name', { exact: true }).fill('release');
  for (const key of ['container:view', 'container:restart']) {
    await role.getByRole('searchbox').fill(key);
    await role.getByRole('checkbox', { name: key }).check();
  }
  await role.getByText('2 permissions included').waitFor();
  await role.getByRole('button', { name: 'Create role' }).click();
  await page.getByRole('row', { name: /release/ }).waitFor();

  await page.goto(`${server.url}/access`);
  await page.getByRole('button', { name: 'Give access' }).click();
  const sheet = page.getByRole('dialog', { name: 'Give access' });
  await sheet.getByLabel('Who').selectOption({ label: 'Team · web' });
  await sheet.getByLabel('Role').selectOption({ label: 'release' });
  await sheet.getByText('Host group', { exact: true }).click();
  await sheet.getByText('Nothing yet: it counts for what comes.').waitFor();
  await sheet.getByLabel('Until').selectOption({ label: 'For 8 hours' });
  await sheet.getByRole('button', { name: 'Give', exact: true }).click();
  await page.getByRole('row', { name: /web.*release.*on host group production.*in 8 hr/ }).waitFor();

  await page.getByRole('link', { name: 'Matrix' }).click();
  await page.getByRole('button', { name: 'web, production: Operate' }).click();
  await page.getByRole('dialog', { name: 'web' }).getByText('release on host group production').first().waitFor();
  await page.keyboard.press('Escape');
  await page.goto(`${server.url}/access/explain?user=otto&permission=container:create&resource=installation`);
  await page.getByRole('heading', { name: 'otto may not' }).waitFor();
  await page.getByText('A grant reaches it, but its role lacks this.').waitFor();

  await page.goto(`${server.url}/access`);
  await page.getByRole('button', { name: 'Take Owner away from ada' }).click();
  await page.getByRole('button', { name: 'Take away', exact: true }).click();
  await page.getByText('this would leave the installation without an owner who can sign in').waitFor();

  await page.context().clearCookies();
  await page.goto(server.url + link);
  await page.getByLabel('New password').fill(ottosPassword);
  await page.getByLabel('Repeat password').fill(ottosPassword);
  await page.getByRole('button', { name: 'Choose and sign in' }).click();
  await page.waitForURL(`${server.url}/`);
  const navigation = page.getByRole('navigation', { name: 'Navigation' });
  await navigation.getByRole('link', { name: 'Containers' }).waitFor();
  for (const place of ['People', 'Access', 'API tokens', 'Audit log', 'Recordings', 'Settings'])
    expect([place, await navigation.getByRole('link', { name: place }).count()]).toEqual([place, 0]);
  for (const path of ['/access', '/access/matrix', '/access/teams', '/access/roles', '/access/host-groups', '/tokens', '/settings']) {
    await page.goto(server.url + path);
    await page.getByText('You may not see this page').waitFor();
  }
  await page.goto(`${server.url}/access/explain?permission=container:create&resource=installation`);
  await page.getByRole('button', { name: 'Ask for access' }).click();
  await page.getByLabel('Reason').fill('the new shop has to go out');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.getByRole('button', { name: 'Withdraw' }).waitFor();

  await signIn(page, server.url, ['ada', ownersPassword]);
  await page.goto(`${server.url}/access/requests`);
  await page.getByRole('button', { name: 'Approve the request of otto' }).click();
  const approval = page.getByRole('dialog', { name: 'Give otto access' });
  await eventually(async () => expect(await approval.getByLabel('Role').inputValue()).toBe('deployer'));
  await approval.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('Nobody waits for an answer.').waitFor();
  await signIn(page, server.url, ['otto', ottosPassword]);
  await page.goto(`${server.url}/access/requests`);
  await page.getByText('approved', { exact: true }).waitFor();
  // What was refused is told by the browser as well.
  expect(complaints.filter((words) => !/status of 40[139]/.test(words))).toEqual([]);
}, 180_000);

test('pages about access say what failed and ask again, keep what is known, and answer to keys', async () => {
  const double = opened.use(await startApiDouble({ rows: 30, hosts: 3 }));
  const { page } = opened.use(await openBrowser());
  let isAway = true;
  await page.route('**/api/grants', (route) =>
    isAway ? route.fulfill({ status: 503, json: { code: 'unavailable', message: 'the database is away' } }) : route.continue(),
  );
  await page.goto(`${double.url}/access`);
  await page.getByText('the database is away').waitFor();
  isAway = false;
  await page.getByRole('button', { name: 'Try again' }).click();
  const first = page.getByRole('button', { name: 'ana.horvat', exact: true });
  await first.waitFor();
  await page.keyboard.press('j');
  await eventually(async () => expect(await first.evaluate((button) => button === document.activeElement)).toBe(true));
  await page.keyboard.press('/');
  await page.keyboard.type('night');
  await page.getByText('1 of 8').waitFor();

  await page.goto(`${double.url}/access?sheet=give`);
  const sheet = page.getByRole('dialog', { name: 'Give access' });
  await sheet.getByText('Labels', { exact: true }).click();
  await sheet.getByLabel('Labels').last().fill('env=prod');
  await sheet.getByText('2 hosts', { exact: true }).waitFor();
  await sheet.getByLabel('Labels').last().fill('env!=prod');
  await sheet.getByText('at least one of them without').waitFor();
  await eventually(async () => expect(await sheet.getByRole('button', { name: 'Give', exact: true }).isDisabled()).toBe(true));

  await page.goto(double.url);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await pressToGo(page, 'p', 'Access');
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').getByRole('combobox').fill('>matrix');
  await page.getByRole('option', { name: 'Access matrix' }).click();
  await page.waitForURL(/\/access\/matrix$/);
  const cell = page.locator('[data-cell]').first();
  await cell.focus();
  await page.keyboard.press('ArrowRight');
  await eventually(async () => expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toMatch(/, edge: /));
}, 180_000);
