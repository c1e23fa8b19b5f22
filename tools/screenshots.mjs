// npm run screenshots [-- --views dark,light,phone --pages REGEX --locale zh-CN --out docs/images]: the pictures of the README and the guide.
// It starts a server and three hosts with Gantry's own engine on this machine (root, a build and Chromium are needed), fills them, and photographs the real pages.
// --stay leaves it running and says its address until Ctrl-C; --url ADDRESS --name NAME takes the pictures of a Gantry that runs (its password on standard input).
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { openBrowserNetwork } from '../apps/web/src/testing/browser-network.ts';
import { fill, hosts, writeSite } from './screenshots/contents.mjs';
import { openFleet } from './screenshots/fleet.mjs';
import { arrive, ask, becomeOwner, invite, password, signIn, workInShell } from './screenshots/people.mjs';
import { places } from './screenshots/places.mjs';

const text = (value) => ({ type: 'string', default: value });
const { values: options } = parseArgs({
  options: {
    ...{ views: text('dark,light,phone'), pages: text(''), locale: text('en-GB'), out: text('docs/images') },
    ...{ url: text(''), name: text('ada'), stay: { type: 'boolean', default: false } },
  },
});
/** Until charts and sparklines have something to show. */
const settleMs = 75_000;
/** What the README and the guide show, where no pages are named. */
const documented = {
  dark: /^(?!container-(?!environment|files))/,
  light: /^(overview|containers|container|topology|logs|grants|teams)$/,
  phone: /^(overview|containers|container|logs|matrix|topology)$/,
  'phone-light': /^overview$/,
};
const views = {
  dark: { theme: 'dark', width: 1440, height: 900 },
  light: { theme: 'light', width: 1440, height: 900 },
  phone: { theme: 'dark', width: 390, height: 844 },
  'phone-light': { theme: 'light', width: 390, height: 844 },
};

await using opened = new AsyncDisposableStack();
const directory = await mkdtemp(join(tmpdir(), 'gantry-chromium-'));
opened.defer(() => rm(directory, { recursive: true, force: true }));
// Chromium ends what it loads whenever a link of its network comes or goes, as links of containers do.
const network = opened.use(await openBrowserNetwork(directory, process.env.CHROMIUM ?? '/usr/bin/chromium'));
const browser = await chromium.launch({
  executablePath: network.executablePath,
  proxy: { server: network.proxy },
  args: ['--no-sandbox', '--disable-gpu'],
  // Its own way to end is the end of this process, with everything left as it is.
  handleSIGINT: false,
  handleSIGTERM: false,
});
opened.defer(() => browser.close());
await network.ready;
try {
  if (options.url) await photographAll(new URL(options.url).origin, await firstLine());
  else await ofOwnFleet();
} catch (thrown) {
  // Where the end of the fleet fails as well, the first failure is the one that tells.
  console.error(thrown instanceof SuppressedError ? [thrown.suppressed, thrown.error] : thrown);
  process.exitCode = 1;
}

async function ofOwnFleet() {
  await using fleet = await openFleet(hosts[0].name);
  const { origin } = new URL(fleet.address);
  await fill(fleet.sockets[0], hosts[0]);
  await writeSite(fleet.sockets[0]);
  const page = await newPage(views.dark);
  await becomeOwner(page, fleet.address);
  for (const host of hosts.slice(1)) {
    const { code } = await ask(page, 'POST /api/join-codes', {});
    await fill(await fleet.join(host.name, code), host);
  }
  const links = await invite(page, byName(await ask(page, 'GET /api/hosts')));
  await leaveTraces(page, { origin, links });
  await page.context().close();
  if (options.stay) {
    console.log(`${origin} as ada with the password ${password}`);
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    return;
  }
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  await photographAll(origin, password);
}

function byName(found) {
  return hosts.map(({ name }) => found.find((host) => host.name === name));
}

/** A shell that was worked in, a request for access, somebody who tried a wrong name. */
async function leaveTraces(page, { origin, links }) {
  const mia = await newPage(views.dark);
  await arrive(mia, origin, { name: 'mia', path: links.mia });
  const [first] = byName(await ask(page, 'GET /api/hosts'));
  const [api] = await ask(mia, `GET /engine/${first.id}/containers/json?filters=${encodeURIComponent('{"name":["shop-api-1"]}')}`);
  const terminal = `${origin}/containers/${first.id}/${api.Id}/terminal`;
  await workInShell(mia, terminal, ['cat /app/version', 'ps | head -4', 'ls -F --color=always /', 'df -h / | tail -1', 'exit']);
  await workInShell(mia, terminal, ['uptime']);
  const wish = {
    permission: 'env:reveal',
    resource: `container/${first.id}/shop-api-1`,
    hours: 8,
    reason: 'The pool of the shop runs dry; I want to see which database it uses.',
  };
  await ask(mia, 'POST /api/access/requests', wish).catch((thrown) => console.error(String(thrown)));
  await mia.context().close();
  const targets = (await ask(page, `GET /engine/${first.id}/containers/json`)).slice(0, 4).map(({ Id }) => ({ host: first.id, id: Id }));
  await ask(page, 'POST /api/jobs', { kind: 'containers', verb: 'restart', targets });
}

async function photographAll(origin, secret) {
  await mkdir(options.out, { recursive: true });
  for (const name of options.views.split(',')) await photograph(origin, secret, name);
}

async function photograph(origin, secret, view) {
  const page = await newPage(views[view]);
  await signIn(page, origin, { name: options.name, password: secret });
  const desk = { page, origin, isPhone: view.startsWith('phone'), hosts: await ask(page, 'GET /api/hosts') };
  for (const [name, show] of Object.entries(places)) {
    if (!(options.pages ? new RegExp(options.pages) : documented[view]).test(name)) continue;
    try {
      await show(desk);
      await page.screenshot({ path: `${options.out}/${name}-${view}.png` });
      console.log(`${options.out}/${name}-${view}.png`);
    } catch (thrown) {
      process.exitCode = 1;
      console.error(`${name}-${view}: ${thrown.message}`);
      await page.screenshot({ path: `${options.out}/${name}-${view}.png` });
    }
  }
  await page.context().close();
}

async function newPage({ theme, width, height }) {
  const { locale } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    ignoreHTTPSErrors: true,
    reducedMotion: 'reduce',
    locale,
  });
  // The machine may have other work.
  context.setDefaultTimeout(120_000);
  return context.newPage();
}

async function firstLine() {
  for await (const line of createInterface(process.stdin)) return line;
  throw new Error('the password is expected on standard input');
}
