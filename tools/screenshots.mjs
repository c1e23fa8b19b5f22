// npm run screenshots -- --url https://127.0.0.1:7443 --name ada [--container NAME] [--out docs/images]: the pictures of the README, taken from a running Gantry.
// The password is read from standard input. Shown are the containers that this Gantry really has; in the named one (else the first that runs) a shell is opened.
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const option = (value) => ({ type: 'string', default: value });
const { values } = parseArgs({
  options: { url: option('https://127.0.0.1:7443'), name: option('owner'), container: option(''), out: option('docs/images') },
});
/** Until a sparkline is full. */
const settleMs = 32_000;
const typed = 'ls -F --color=always /; ps | tail -5';
const views = [
  { theme: 'dark', width: 1440, height: 900, suffix: '-dark' },
  { theme: 'light', width: 1440, height: 900, suffix: '-light' },
  { theme: 'dark', width: 390, height: 844, suffix: '-phone' },
];

const password = await firstLine();
await mkdir(values.out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
await Promise.all(views.map(photograph));
await browser.close();

async function firstLine() {
  for await (const line of createInterface(process.stdin)) return line;
  throw new Error('the password is expected on standard input');
}

async function photograph({ theme, width, height, suffix }) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, ignoreHTTPSErrors: true, locale: 'en-GB' });
  const page = await context.newPage();
  await page.goto(new URL('/login', values.url).href);
  await page.getByLabel('Name').fill(values.name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Fleet' }).first().waitFor();
  await page.waitForTimeout(settleMs);
  await take(page, `overview${suffix}`);
  await page.goto(new URL('/containers', values.url).href);
  await page.waitForTimeout(settleMs);
  await take(page, `containers${suffix}`);
  await page.goto(new URL(`/containers?q=${values.container || 'state:running'}`, values.url).href);
  await page.getByRole('row').getByRole('link').first().click();
  await page.getByRole('button', { name: 'Open a shell' }).first().click();
  await page.locator('.xterm').waitFor();
  await page.waitForTimeout(settleMs / 4);
  await page.keyboard.type(`${typed}\n`);
  await page.waitForTimeout(settleMs);
  await page.getByRole('region', { name: 'CPU' }).first().scrollIntoViewIfNeeded();
  await take(page, `container${suffix}`);
  for (const [name, path] of Object.entries(await placesOf(page))) {
    await page.goto(new URL(path, values.url).href);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.waitForTimeout(settleMs / 4);
    await take(page, `${name}${suffix}`);
  }
  await context.close();
}

/** Who may do what; the account that takes the pictures sees these pages. */
const access = { teams: '/access/teams', grants: '/access', matrix: '/access/matrix' };

/** Lists, and the files of the largest volume where there is one. */
async function placesOf(page) {
  const lists = { images: '/images', volumes: '/volumes', networks: '/networks', topology: '/topology', logs: '/logs', ...access };
  await page.goto(new URL('/volumes?sort=size', values.url).href);
  await page.waitForTimeout(settleMs / 8);
  const volume = page.getByRole('row').getByRole('link').first();
  return (await volume.count()) ? { ...lists, volume: await volume.getAttribute('href') } : lists;
}

async function take(page, name) {
  await page.screenshot({ path: `${values.out}/${name}.png` });
  console.log(`${values.out}/${name}.png`);
}
