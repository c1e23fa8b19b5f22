import { closedAfterEach, eventually } from '@gantry/base/testing';
import type { Page } from 'playwright-core';
import { type ApiDouble, startApiDouble } from './api-double.ts';
import { openBrowser } from './open-page.ts';
import { pressToGo } from './press-to-go.ts';

// What the keys do, and where the focus is afterwards, in a real Chromium.
const opened = closedAfterEach();

async function open(path: (double: ApiDouble) => string): Promise<Page> {
  const double = opened.use(await startApiDouble({ rows: 40, hosts: 3 }));
  const { page } = opened.use(await openBrowser());
  await page.goto(double.url + path(double));
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}

function containerPath({ rows }: ApiDouble): string {
  const row = [...rows.values()].find(({ state, link }) => state === 'running' && link === 'live');
  return `/containers/${row?.host ?? ''}/${row?.id ?? ''}`;
}

const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { activeElement: at } = document;
    if (at instanceof HTMLElement && at.isContentEditable) return `text of ${at.getAttribute('aria-label') ?? ''}`;
    const label = at instanceof HTMLInputElement ? at.labels?.[0]?.textContent : at?.textContent;
    return at?.getAttribute('aria-label') ?? label?.trim() ?? '';
  });

const focuses = (page: Page, name: RegExp): Promise<void> => eventually(async () => expect(await focused(page)).toMatch(name));

test('g and a letter go to a page, and a list answers to its keys without being focused first', async () => {
  const page = await open(() => '/');
  await pressToGo(page, 'h', 'Hosts');
  await pressToGo(page, 'c', 'Containers');
  await page.getByRole('row').nth(3).waitFor();
  await page.keyboard.press('j');
  await focuses(page, /^Containers$/);
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.getByText('1 selected').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('1 selected').waitFor({ state: 'detached' });
  await page.keyboard.press('/');
  await focuses(page, /^Filter containers$/);
  await page.keyboard.press('Escape');
  // What is pressed on the way to a page is not done to the one that is left.
  const letGo = await hold(page, /\/ImagesPage-/);
  for (const key of ['g', 'i', '/']) await page.keyboard.press(key);
  expect(await focused(page)).not.toMatch(/^Filter/);
  letGo();
  await page.getByRole('heading', { level: 1, name: 'Images', exact: true }).waitFor();
  await page.getByRole('row').nth(3).waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.getByText('1 selected').waitFor();
  await page.keyboard.press('Delete');
  await page.getByRole('dialog', { name: /^Remove / }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}, 180_000);

test('a dialog takes the focus, shows where it is, and gives it back', async () => {
  const page = await open(() => '/containers?sort=name&state=running');
  await page.getByRole('row').nth(3).waitFor();
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await help.waitFor();
  await eventually(async () => expect(await help.evaluate((dialog) => dialog.contains(document.activeElement))).toBe(true));
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'detached' });

  const search = page.getByRole('button', { name: 'Search or run a command' }).first();
  await search.focus();
  await eventually(async () => expect(await search.evaluate((button) => getComputedStyle(button).outlineStyle)).toBe('solid'));
  await page.keyboard.press('Enter');
  await page.getByRole('combobox').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('combobox').waitFor({ state: 'detached' });
  await focuses(page, /Search or run a command/);

  const actions = page.getByRole('row').nth(1).getByRole('button').last();
  await actions.focus();
  await page.keyboard.press('ArrowDown');
  await page.getByRole('menu').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('menu').waitFor({ state: 'detached' });
  await focuses(page, /^Actions for /);
}, 180_000);

test('a terminal takes every key but those with Ctrl and Shift; its tabs and the dock have keys of their own', async () => {
  const page = await open((double) => `${containerPath(double)}/terminal`);
  await page.getByText('root@shop-api-6').first().waitFor();
  await focuses(page, /Terminal input/);
  await page.keyboard.type('g c ? ]');
  await page.getByText('g c ? ]', { exact: false }).first().waitFor();
  expect(page.url()).toMatch(/\/terminal$/);
  await page.keyboard.press('Control+k');
  expect(await page.getByRole('combobox').count()).toBe(0);

  await page.keyboard.press('Control+Shift+K');
  await page.getByRole('combobox').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('combobox').waitFor({ state: 'detached' });
  await focuses(page, /Terminal input/);

  await page.getByRole('button', { name: 'Side by side' }).click();
  await page.locator('.xterm').nth(1).waitFor();
  await page.getByRole('button', { name: 'One at a time' }).click();
  await page.locator('.xterm').nth(1).waitFor({ state: 'detached' });

  await page.getByRole('tab', { name: 'Terminal' }).focus();
  // A page that is held up takes them one right after the other, before the address has followed the first.
  await page.evaluate(() => {
    for (const key of [']', ']']) document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  });
  await page.waitForURL(/\/processes$/);
  await page.keyboard.press('Control+j');
  await page.getByRole('button', { name: 'Hide the dock' }).waitFor();
  await page.getByText('root@shop-api-6').first().waitFor();
}, 180_000);

test('what the list of containers shows is kept under a name in the sidebar, and forgotten again', async () => {
  const page = await open(() => '/containers?q=shop&state=running&sort=name');
  await page.getByRole('button', { name: 'Save view' }).click();
  await page.getByLabel('Name', { exact: true }).fill('shop that runs');
  await page.keyboard.press('Enter');
  await pressToGo(page, 'h', 'Hosts');
  await page.reload();
  await page.getByRole('link', { name: 'shop that runs' }).click();
  await page.waitForURL(/q=shop&state=running&sort=name|sort=name/);
  await eventually(async () => expect(await page.getByRole('searchbox', { name: 'Filter containers' }).inputValue()).toBe('shop'));
  await page.getByRole('button', { name: 'Forget view' }).click();
  await page.getByRole('link', { name: 'shop that runs' }).waitFor({ state: 'detached' });
}, 180_000);

/** Goes on with Tab until something with this name has the focus. */
async function tabTo(page: Page, name: RegExp, key = 'Tab'): Promise<void> {
  const passed: string[] = [];
  for (let at = await focused(page); !name.test(at); at = await focused(page)) {
    passed.push(at);
    if (passed.length > 60) throw new Error(`${key} comes by ${passed.join(' | ')}, not by ${String(name)}`);
    await page.keyboard.press(key);
  }
}

/** Takes what the palette offers first for these words, of which the last is in its name. */
async function take(page: Page, words: string): Promise<void> {
  const last = words.split(/[ >]/).at(-1) ?? '';
  await page.getByRole('option', { selected: true }).filter({ hasText: last }).waitFor();
  await focuses(page, /^Search or run a command$/);
  await page.keyboard.press('Enter');
  await page.getByRole('listbox').waitFor({ state: 'detached' });
}

/** Types into the palette as people do, who do not wait until they see it. */
async function choose(page: Page, words: string, opens = 'Control+k'): Promise<void> {
  await page.keyboard.press(opens);
  await page.keyboard.type(words);
  await take(page, words);
}

/** Holds back a script of the app until it is let go: meanwhile keys go where they would on a slow connection. */
async function hold(page: Page, script: RegExp): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  await page.route(script, async (route) => {
    await promise;
    await route.continue();
  });
  return () => resolve(undefined);
}

test('the ten commonest tasks are done without a mouse', async () => {
  const double = opened.use(await startApiDouble({ rows: 40, hosts: 3 }));
  const { page } = opened.use(await openBrowser());
  const { name = '' } = double.rows.get(containerPath(double).split('/').at(-1) ?? '') ?? {};
  await page.goto(double.url);
  await page.getByText('Busiest containers').waitFor();

  // A container is found by its name, its log searched, a shell opened in it, and it is restarted from there.
  const letGo = await hold(page, /\/CommandPalette-/);
  await page.keyboard.press('Control+k');
  await page.keyboard.type(name);
  letGo();
  await take(page, name);
  await page.getByRole('heading', { level: 1, name }).waitFor();
  await page.keyboard.press(']');
  await page.getByLabel('Search, or /pattern/').waitFor();
  await tabTo(page, /^Search, or \/pattern\/$/);
  await page.keyboard.type('timed out');
  await page.getByText(/^[\d,]+ matches$/).waitFor();
  await tabTo(page, /^Logs$/, 'Shift+Tab');
  await page.keyboard.press(']');
  await page.waitForURL(/\/terminal$/);
  await page.getByText('root@shop-api-6').first().waitFor();
  await focuses(page, /Terminal input/);
  await page.keyboard.type('uptime');
  await page.getByText('uptime', { exact: false }).first().waitFor();
  await choose(page, `>restart ${name}`, 'Control+Shift+K');
  await eventually(() => expect(double.asked).toContain(`POST restart ${name}`));

  // Two are chosen in the list and restarted, one is removed.
  await choose(page, '>containers', 'Control+Shift+K');
  await page.getByRole('grid', { name: 'Containers' }).waitFor();
  await page.getByRole('row').nth(3).waitFor();
  await page.keyboard.press('/');
  // Not the one that may still be on its way up.
  const words = `state:running -${name}`;
  await page.keyboard.type(words);
  await page.waitForURL(({ searchParams }) => searchParams.get('q') === words);
  await page.keyboard.press('ArrowDown');
  for (const key of ['j', 'j', 'x', 'j', 'x']) await page.keyboard.press(key);
  await page.getByText('2 selected').waitFor();
  await page.keyboard.press('r');
  await eventually(() => expect(double.asked.filter((one) => one.startsWith('POST restart'))).toHaveLength(3));
  await page.keyboard.press('Escape');
  await page.getByText('2 selected').waitFor({ state: 'detached' });
  await page.keyboard.press('j');
  // What is pressed while the dialog is on its way is not done to the row behind it.
  const letShow = await hold(page, /\/RemoveDialog-/);
  for (const key of ['Delete', 'r']) await page.keyboard.press(key);
  letShow();
  await page.getByRole('dialog', { name: /^Remove / }).waitFor();
  expect(double.asked.filter((one) => one.startsWith('POST restart'))).toHaveLength(3);
  await tabTo(page, /^Remove$/);
  await page.keyboard.press('Enter');
  await eventually(() => expect(double.asked.some((one) => one.startsWith('DELETE remove'))).toBe(true));

  // A file of a volume is changed,
  await choose(page, '>volumes');
  await page.getByRole('grid', { name: 'Volumes' }).waitFor();
  await page.getByRole('row').nth(2).waitFor();
  for (const key of ['j', 'j', 'Enter']) await page.keyboard.press(key);
  await page.getByRole('button', { name: 'app.yaml', exact: true }).waitFor();
  await tabTo(page, /^app\.yaml$/);
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'app.yaml' }).waitFor();
  await tabTo(page, /^text of app\.yaml$/);
  await page.keyboard.type('# changed');
  await page.getByText('Not saved').waitFor();
  await page.keyboard.press('Control+s');
  await page.getByText('Saved', { exact: true }).waitFor();

  // and somebody invited.
  await choose(page, '>invite');
  await page.getByRole('dialog', { name: 'Invite' }).waitFor();
  await tabTo(page, /^Name$/);
  await page.keyboard.type('mia');
  await page.keyboard.press('Enter');
  await page
    .getByRole('textbox', { name: /link/i })
    .or(page.getByText(/\/invite#/))
    .first()
    .waitFor();

  // A container is run.
  await choose(page, '>run container');
  await page.getByRole('dialog', { name: 'Run container' }).waitFor();
  await focuses(page, /^Image/);
  await page.keyboard.type('nginx:1.29');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/containers\/[^/]+\/[^/?]+$/);
}, 180_000);

test('a container is run, edited and duplicated, and a file changed, without a mouse', async () => {
  const page = await open(() => '/containers?sheet=run');
  await page.getByRole('dialog', { name: 'Run container' }).waitFor();
  await focuses(page, /^Image/);
  await page.keyboard.type('nginx:1.29');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/containers\/[^/]+\/[^/?]+$/);
  await page.getByRole('tab', { name: 'Logs' }).waitFor();

  await page.keyboard.press('e');
  const edit = page.getByRole('dialog', { name: /^Edit / });
  // Also while it is read what there is to edit: no key may reach the page behind.
  await page.waitForFunction(() => document.activeElement?.closest('[role=dialog]') !== null);
  await edit.getByText('Nothing is changed yet.').waitFor();
  const search = edit.getByRole('searchbox', { name: 'Find an option' });
  await search.focus();
  await page.keyboard.type('--cpus');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.closest('div')?.querySelector('label')?.textContent)).toBe('CPUs');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('3');
  await edit.getByText(/^docker update --cpus 3 /).waitFor();
  await page.keyboard.press('Escape');
  await edit.waitFor({ state: 'detached' });
  await page.keyboard.press('d');
  await page.getByRole('dialog', { name: /^Duplicate / }).waitFor();
  await page.keyboard.press('Escape');
}, 180_000);
