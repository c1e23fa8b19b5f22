import { createHash } from 'node:crypto';
import { closedAfterEach, eventually, unusedPort } from '@gantry/base/testing';
import type { Page } from 'playwright-core';
import { becomeOwner, gantryUp, loadBusybox, runBusybox } from './gantry-up.ts';
import { openBrowser } from './open-page.ts';

// Terminals as people use them: the built parts, Gantry's own engine, a real kernel, two real Chromiums.
const opened = closedAfterEach();
const password = 'plum violin harbour nine';

/** The rows of the screen in front, trailing blanks away. */
async function screen(page: Page): Promise<string> {
  const rows = await page.locator('.xterm-rows').last().locator('> div').allTextContents();
  return rows
    .map((row) => row.replaceAll('\u00a0', ' ').trimEnd())
    .join('\n')
    .trimEnd();
}

const shows = (page: Page, pattern: RegExp, limitMs = 60_000): Promise<void> =>
  eventually(async () => expect(await screen(page)).toMatch(pattern), limitMs);
const times = (text: string, word: string): number => text.split(word).length - 1;

/** Asks the server's own API as the page does. */
async function ask<Value>(page: Page, line: string, body?: object): Promise<Value> {
  const [method = '', path = ''] = line.split(' ');
  const { status, text } = await page.evaluate(
    async (asked) => {
      const response = await fetch(asked.path, {
        method: asked.method,
        ...(asked.body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(asked.body) } : {}),
      });
      return { status: response.status, text: await response.text() };
    },
    { method, path, body },
  );
  if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as Value;
}

/** Pastes a text into the terminal as the browser does. */
async function paste(page: Page, piece: string, count: number): Promise<void> {
  await page
    .locator('.xterm-helper-textarea')
    .last()
    .evaluate(
      (field, [text, repeat]) => {
        const data = new DataTransfer();
        data.setData('text/plain', text.repeat(repeat));
        field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
      },
      [piece, count] as const,
    );
}

test('a terminal outlives reload and server, takes a large paste whole, is watched, ends with the right to it, and is played again', async () => {
  const gantry = opened.use(await gantryUp({ port: await unusedPort() }));
  await loadBusybox(gantry.socket);
  const container = await runBusybox(gantry.socket, 'web');
  const { page } = opened.use(await openBrowser());
  await becomeOwner(page, gantry.address);
  const origin = new URL(gantry.address).origin;
  const [{ id: host } = { id: '' }] = await ask<{ id: string }[]>(page, 'GET /api/hosts');

  // It is there after a reload of the page,
  await page.goto(`${origin}/containers/${host}/${container}/terminal`);
  await shows(page, /\/ #/);
  await page.keyboard.type('echo one-$((6*7))\n');
  await shows(page, /^one-42$/m);
  await page.reload();
  await shows(page, /^one-42\n\/ #$/m);
  expect(await page.getByRole('button', { name: /^Close sh/ }).count()).toBe(1);

  // and after the server was killed in the middle of its output: each line once, in order.
  await page.locator('.xterm').last().click();
  await page.keyboard.type('i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo tick-$i.; sleep 0.2; done\n');
  await shows(page, /^tick-3\.$/m);
  gantry.killServer();
  await page.getByText('Not connected; it goes on').waitFor();
  await page.getByText('Not connected; it goes on').waitFor({ state: 'detached' });
  await shows(page, /^tick-20\.\n\/ #$/m);
  const ticks = Array.from({ length: 20 }, (_, index) => `tick-${index + 1}.`);
  const afterKill = await screen(page);
  expect(ticks.map((tick) => times(afterKill, tick))).toEqual(ticks.map(() => 1));
  await page.reload();
  await shows(page, /^tick-20\.\n\/ #$/m);
  const afterReload = await screen(page);
  expect(ticks.map((tick) => times(afterReload, tick))).toEqual(ticks.map(() => 1));

  // What is pasted arrives whole: the terminal holds no line back when the screen is clear.
  const [piece, count] = ['0123456789abcdef', 655_360];
  await page.locator('.xterm').last().click();
  await page.keyboard.type(`stty raw -echo; clear; head -c ${piece.length * count} | sha256sum; stty sane\n`);
  await eventually(async () => expect(await screen(page)).toBe(''));
  await paste(page, piece, count);
  await shows(page, new RegExp(createHash('sha256').update(piece.repeat(count)).digest('hex')), 120_000);

  // A colleague comes by the link of her invitation.
  const invited = await ask<{ user: { id: string }; link: { path: string } }>(page, 'POST /api/users', { name: 'mia' });
  const give = (role: string, addOns: string[]): Promise<{ id: string }> =>
    ask(page, 'POST /api/grants', { subject: { kind: 'user', id: invited.user.id }, role, addOns, scope: { kind: 'host', host } });
  await give('viewer', []);
  const grant = await give('operator', ['exec']);
  const { page: hers } = opened.use(await openBrowser());
  await hers.goto(origin + invited.link.path);
  await hers.getByLabel('New password').fill(password);
  await hers.getByLabel('Repeat password').fill(password);
  await hers.keyboard.press('Enter');
  await hers.waitForURL((url) => !url.pathname.startsWith('/invite'));
  await hers.goto(`${origin}/containers/${host}/${container}/terminal`);
  await shows(hers, /\/ #/);
  await hers.keyboard.type('echo hers-$((40+2))\n');
  await shows(hers, /^hers-42$/m);

  // The owner watches her; both see who is there; what the watcher types reaches nobody.
  await page.goto(`${origin}/terminals`);
  await page.getByRole('row', { name: /mia/ }).getByRole('link', { name: 'Watch' }).click();
  await shows(page, /^hers-42$/m);
  await page.locator('.xterm').last().click();
  await page.keyboard.type('echo typed-by-watcher\n');
  await hers.getByRole('listitem').filter({ hasText: 'ada' }).filter({ hasText: 'watches' }).waitFor();
  await hers.keyboard.type('echo still-$((40+2))\n');
  await shows(hers, /^still-42$/m);
  await shows(page, /^still-42$/m);
  expect(await screen(hers)).not.toContain('typed-by-watcher');

  // Her right is taken away: her terminal ends and says why (how fast is measured by the specs of the server).
  await ask(page, `DELETE /api/grants/${grant.id}`);
  await shows(hers, /taken away/);

  // What she did is played again, once all of it is kept.
  await eventually(async () => {
    const kept = await ask<{ who: string; sha256?: string }[]>(page, 'GET /api/recordings');
    expect(kept.filter(({ who }) => who === 'mia')).toEqual([expect.objectContaining({ sha256: expect.any(String) as string })]);
  });
  await page.goto(`${origin}/recordings`);
  await page.getByRole('row').filter({ hasText: 'mia' }).getByRole('link').first().click();
  await page.getByRole('button', { name: 'Play' }).waitFor();
  await page.getByRole('slider').first().press('End');
  await shows(page, /^still-42$/m);
}, 480_000);
