import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { closedAfterEach } from '@gantry/base/testing';
import type { Page } from 'playwright-core';
import { type ApiDouble, startApiDouble } from './api-double.ts';
import { openBrowser } from './open-page.ts';

// Every page in a real Chromium: no breach of accessibility rules, of the content policy, nothing in the console, no request elsewhere.
const opened = closedAfterEach();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Axe {
  run(context: Document): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
}

async function breaches(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: Axe }).axe.run(document);
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary = '' }) => `${id}: ${html.slice(0, 160)} ${failureSummary.split('\n')[1] ?? ''}`),
    );
  });
}

/** Path and what has to be seen before the page is judged. */
function pagesOf(double: ApiDouble): Record<string, [string, string]> {
  const row = [...double.rows.values()].find(({ state, link }) => state === 'running' && link === 'live');
  const container = `/containers/${row?.host ?? ''}/${row?.id ?? ''}`;
  return {
    overview: ['/', 'Needs attention'],
    hosts: ['/hosts', 'edge-rpi-02'],
    'add host': ['/hosts?sheet=add', 'Waiting for the host'],
    host: [`/hosts/${row?.host ?? ''}`, 'Kernel'],
    containers: ['/containers?sort=cpu', 'MiB'],
    'no match': ['/containers?q=nothing-like-this', 'Clear filter'],
    'run container': ['/containers?sheet=run', 'Published ports'],
    container: [container, 'unless-stopped'],
    logs: [`${container}/logs`, 'upstream billing-api'],
    terminal: [`${container}/terminal`, 'root@shop-api-6'],
    environment: [`${container}/environment`, 'DATABASE_PASSWORD'],
    inspect: [`${container}/inspect`, 'docker inspect'],
    welcome: ['/welcome', 'Connect your first host'],
    missing: ['/nowhere', 'There is no such page'],
  };
}

test.each([
  ['dark', 1440],
  ['light', 1440],
  ['dark', 390],
  ['light', 390],
] as const)(
  'every page is accessible and keeps the content policy (%s, %i px)',
  async (theme, width) => {
    const double = opened.use(await startApiDouble({ rows: 60, hosts: 3, logLines: 400 }));
    const { page, complaints, show } = opened.use(await openBrowser({ theme, width, height: width < 500 ? 844 : 900 }));
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(double.url) && !request.url().startsWith('data:') && !request.url().startsWith('blob:'))
        elsewhere.push(request.url());
    });
    const found: Record<string, string[]> = {};
    for (const [name, [path, seen]] of Object.entries(pagesOf(double))) {
      await show(double.url + path, seen);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      const wrong = [...(await breaches(page)), ...(overflow > 0 ? [`scrolls sideways by ${overflow} px`] : [])];
      if (wrong.length) found[name] = wrong;
    }
    expect({ found, complaints, elsewhere }).toEqual({ found: {}, complaints: [], elsewhere: [] });
  },
  180_000,
);

test.each(['dark', 'light'] as const)(
  'set-up and login are accessible (%s)',
  async (theme) => {
    const double = opened.use(await startApiDouble({ rows: 0, hosts: 0, isSetUp: false }));
    const { page } = opened.use(await openBrowser({ theme, width: 390, height: 844 }));
    await page.goto(`${double.url}/setup#code=AB-12`);
    await page.getByLabel('Set-up code').waitFor();
    expect(await breaches(page)).toEqual([]);
    const signedOut = opened.use(await startApiDouble({ rows: 0, hosts: 0, isSignedIn: false }));
    await page.goto(signedOut.url);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await breaches(page)).toEqual([]);
  },
  60_000,
);
