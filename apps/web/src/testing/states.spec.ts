import { closedAfterEach, eventually } from '@gantry/base/testing';
import type { Page } from 'playwright-core';
import { type ApiDouble, type DoubleOptions, startApiDouble } from './api-double.ts';
import { openBrowser, type PageOptions } from './open-page.ts';

// What pages show where there is little to show, and to whom: in a real Chromium, over a double of the server.
const opened = closedAfterEach();

async function open(options: Partial<DoubleOptions>, look: PageOptions = {}): Promise<{ page: Page; double: ApiDouble }> {
  const double = opened.use(await startApiDouble({ rows: 30, hosts: 3, ...options }));
  const { page } = opened.use(await openBrowser(look));
  return { page, double };
}

const placeOf = ({ rows }: ApiDouble, link: 'live' | 'offline'): string => {
  const row = [...rows.values()].find((one) => one.state === 'running' && one.link === link);
  return `/containers/${row?.host ?? ''}/${row?.id ?? ''}`;
};

test('nothing yet, and nothing that matches, are told apart, each with what to do', async () => {
  const { page, double } = await open({ rows: 0, hosts: 0 });
  await page.goto(double.url);
  await page.getByText('Containers that already run appear within seconds.').waitFor();
  await page.goto(`${double.url}/hosts`);
  await page.getByText('No hosts yet').waitFor();
  await page.getByText('./gantry join --url').waitFor();
  await page.goto(`${double.url}/containers`);
  await page.getByText('docker run -d --name web -p 8080:80 nginx').waitFor();

  const { page: other, double: full } = await open({});
  await other.goto(`${full.url}/containers?q=nothing-like-this`);
  await other.getByRole('button', { name: 'Clear filter' }).click();
  await other.getByRole('row').nth(3).waitFor();
}, 180_000);

test('of a host that is offline the last state is shown, with its age, and nothing is offered that needs it', async () => {
  const { page, double } = await open({});
  await page.goto(double.url + placeOf(double, 'offline'));
  await page.getByText('The host is offline: this is what was known 4m ago.').waitFor();
  expect(await page.getByRole('button', { name: 'Stop', exact: true }).count()).toBe(0);
  expect(await page.getByRole('button', { name: 'Open a shell' }).count()).toBe(0);
  await page.getByRole('link', { name: 'iad1-db-02' }).first().click();
  await page.getByText('The host is offline: this is what was known 4m ago.').waitFor();
}, 180_000);

test('a viewer is offered nothing that would be refused, and is told why where something is missing', async () => {
  const { page, double } = await open({ role: 'viewer' });
  await page.goto(double.url);
  await page.getByText('Needs attention').first().waitFor();
  await page.goto(`${double.url}/hosts?sheet=add`);
  await page.getByText('edge-rpi-02').first().waitFor();
  expect(await page.getByRole('button', { name: 'Add host' }).count()).toBe(0);
  expect(await page.getByRole('dialog').count()).toBe(0);
  await page.goto(`${double.url}/containers?sheet=run&state=running`);
  await page.getByRole('row').nth(2).getByRole('checkbox').click();
  await page.getByText('1 selected').waitFor();
  for (const name of ['Run container', 'Stop', 'Restart', 'Remove', 'Add host'])
    expect([name, await page.getByRole('button', { name, exact: true }).count()]).toEqual([name, 0]);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('>');
  await page.getByRole('option', { name: 'Overview' }).waitFor();
  expect(await page.getByRole('option', { name: /Run container|Add host/ }).count()).toBe(0);

  await page.goto(`${double.url}${placeOf(double, 'live')}/terminal`);
  await page.getByText('Your role may not open a shell here. Ask an owner.').waitFor();
  await page.goto(`${double.url}${placeOf(double, 'live')}/environment`);
  await page.getByText('Your role may not read values.').waitFor();
  await page.getByText('hidden', { exact: true }).first().waitFor();
  expect(await page.getByRole('button', { name: /^Show / }).count()).toBe(0);
  expect(double.asked).toEqual([]);
}, 180_000);

test('who wants less motion gets none, and who does not gets little', async () => {
  const moving = (page: Page): Promise<number> => page.evaluate(() => document.getAnimations().length);
  for (const [motion, least, most] of [
    ['reduce', 0, 0],
    ['no-preference', 1, 9],
  ] as const) {
    const { page, double } = await open({}, { motion });
    await page.goto(`${double.url}/hosts?sheet=add`);
    await page.getByText('Waiting for the host').waitFor();
    await eventually(async () => {
      const count = await moving(page);
      expect([motion, count >= least, count <= most]).toEqual([motion, true, true]);
    });
  }
}, 180_000);

test('a page that is older than the server says so, and is loaded again only when somebody asks for it: once, and not over what they have typed', async () => {
  const { page, double } = await open({});
  await page.goto(`${double.url}/settings`);
  const days = page.getByLabel(/^Days for/).first();
  await days.fill('77');
  double.upgrade('newer');
  const notice = page.getByText(/The server was upgraded since this page was loaded/);
  await notice.waitFor();
  await page.getByRole('button', { name: 'Load again' }).click();
  await page.getByText('What you have typed on this page and not sent is lost.').waitFor();
  expect(await days.inputValue()).toBe('77');
  await page.getByRole('button', { name: 'Load again all the same' }).click();
  // The build is the same as before: nothing more is offered.
  await page.getByText(/This page is still older than the server/).waitFor();
  expect(await days.inputValue()).not.toBe('77');
  expect(await page.getByRole('button', { name: /^Load again/ }).count()).toBe(0);
  await page.getByRole('button', { name: 'Later' }).click();
  await page.getByText(/This page is still older than the server/).waitFor({ state: 'detached' });
}, 180_000);

test('charts of the fleet and of a host begin with the last hour', async () => {
  const { page, double } = await open({});
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const [host] = [...double.rows.values()].filter(({ link }) => link === 'live');
  const history = `/api/hosts/${host?.host ?? ''}/history`;
  const expected: string[] = [];
  for (const [path, seen, charted] of [
    ['/', 'Busiest containers', '/api/fleet/history'],
    [`/hosts/${host?.host ?? ''}`, 'Kernel', history],
    [`/?scope=${host?.host ?? ''}`, 'Busiest containers', history],
  ] as const) {
    await page.goto(double.url + path);
    await page.getByText(seen).waitFor();
    expected.push(charted);
    await eventually(() => expect(asked.filter((one) => one.endsWith('/history'))).toEqual(expected));
  }
}, 180_000);

test('whoever has nothing to prove with is sent to their provider once more, and told where it says nothing of a proof', async () => {
  const { page, double } = await open({ rows: 0, hosts: 0 });
  const nothing = { hasTotp: false, passkeys: 0, recoveryCodesLeft: 0, isRequired: false, hasPassword: false };
  const unproven = { code: 'forbidden', message: 'prove first that it is you', details: { needs: 'proof' } };
  await page.route('**/api/me/second-factors', (route) => route.fulfill({ json: nothing }));
  await page.route('**/api/users', (route) =>
    route.request().method() === 'POST' ? route.fulfill({ status: 403, json: unproven }) : route.continue(),
  );
  const back = { url: `${double.url}/account?refused=no-proof&with=corp` };
  await page.route('**/api/session/providers/corp', (route) => route.fulfill({ status: 201, json: back }));
  const begun = page.waitForRequest('**/api/session/providers/corp');
  await page.goto(`${double.url}/users`);
  await page.getByRole('button', { name: 'Invite' }).click();
  await page.getByLabel('Name').fill('later');
  await page.getByRole('button', { name: 'Make a link' }).click();
  await page.getByRole('button', { name: 'Sign in again with Corp' }).click();
  expect((await begun).postDataJSON()).toEqual({ isFresh: true, next: expect.stringMatching(/^\/users/) as string });
  await page.getByText('Corp does not say that it asked you anew').waitFor();
}, 180_000);

test('a shell on a host is offered for as long as the host allows it, and then it is said why not', async () => {
  const { page, double } = await open({});
  let isAllowed = true;
  await page.route(/\/gantry\/host\/shell$/, (route) =>
    isAllowed ? route.fulfill({ json: { isAllowed, user: 'root', program: '/bin/bash' } }) : route.continue(),
  );
  await page.goto(`${double.url}/hosts/${placeOf(double, 'live').split('/')[2] ?? ''}`);
  const shell = page.getByRole('region', { name: 'Shell on the host' });
  await shell.getByRole('button', { name: 'Open a shell' }).waitFor();
  isAllowed = false;
  await shell.getByText('hostShell is not true in its policy.json').waitFor();
  expect(await shell.getByRole('button').count()).toBe(0);
}, 180_000);
