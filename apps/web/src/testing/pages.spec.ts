import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { closedAfterEach } from '@gantry/base/testing';
import type { Page } from 'playwright-core';
import { accessId } from './access-double.ts';
import { type ApiDouble, startApiDouble } from './api-double.ts';
import { jobsBefore } from './jobs-double.ts';
import { openBrowser } from './open-page.ts';

// Every page in a real Chromium: no breach of accessibility rules, of the content policy, nothing in the console, no request elsewhere.
const opened = closedAfterEach();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Axe {
  run(
    context: Document,
    options: { resultTypes: readonly string[] },
  ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
}

/** The rules are read once a document; of what passes nothing is told. */
async function breaches(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: Axe }).axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary = '' }) => `${id}: ${html.slice(0, 160)} ${failureSummary.split('\n')[1] ?? ''}`),
    );
  });
}

/** Of jonas, as the double of accounts has him. */
const personId = '20000000-0000-4000-8000-000000000032';

type Locale = 'en' | 'zh-CN';
type Messages = { readonly [key: string]: string | Messages };

/** The text of a message of the app. */
function said(locale: Locale, key: string): string {
  const bundles = ['', 'shell.', 'fleet.', 'objects.', 'admin.', 'account.', 'access.', 'run.'].map(
    (bundle) => new URL(`../i18n/${bundle}${locale}.json`, import.meta.url),
  );
  const messages = Object.assign({}, ...bundles.map((bundle) => JSON.parse(readFileSync(bundle, 'utf8')) as Messages)) as Messages;
  const found = key
    .split('.')
    .reduce<string | Messages | undefined>((node, part) => (typeof node === 'object' ? node[part] : undefined), messages);
  if (typeof found !== 'string') throw new Error(`there is no message ${key}`);
  return found;
}

/** Path and what has to be seen before the page is judged. */
function pagesOf(double: ApiDouble, locale: Locale): Record<string, [string, string]> {
  const row = [...double.rows.values()].find(({ state, link }) => state === 'running' && link === 'live');
  const container = `/containers/${row?.host ?? ''}/${row?.id ?? ''}`;
  return {
    overview: ['/', said(locale, 'overview.busiest')],
    hosts: ['/hosts', 'edge-rpi-02'],
    'add host': ['/hosts?sheet=add', said(locale, 'join.waiting')],
    host: [`/hosts/${row?.host ?? ''}`, said(locale, 'hosts.kernel')],
    containers: ['/containers?sort=cpu', 'MiB'],
    'no match': ['/containers?q=nothing-like-this', said(locale, 'containers.clearFilter')],
    'run container': ['/containers?sheet=run', said(locale, 'run.ports')],
    'edit container': [`${container}?sheet=edit`, said(locale, 'launch.noChanges')],
    container: [container, said(locale, 'restart.unless-stopped')],
    logs: [`${container}/logs`, 'upstream billing-api'],
    terminal: [`${container}/terminal`, 'root@shop-api-6'],
    environment: [`${container}/environment`, 'DATABASE_PASSWORD'],
    'files of a container': [`${container}/files`, 'app.yaml'],
    processes: [`${container}/processes`, 'worker: mail'],
    'network of a container': [`${container}/network`, '172.20.0.2/16'],
    mounts: [`${container}/mounts`, '/srv/uploads'],
    health: [`${container}/health`, 'error: 503'],
    changes: [`${container}/changes`, '/srv/cache'],
    config: [`${container}/config`, 'overlay2'],
    images: ['/images', 'nginx'],
    'pull image': ['/images?sheet=pull', 'docker pull'],
    'load images': ['/images?sheet=load', 'docker load'],
    'unused images': ['/images?sheet=prune', 'docker image prune'],
    image: [`/images/${row?.host ?? ''}/sha256:${'1'.repeat(64)}`, 'apk add'],
    volumes: ['/volumes', 'postgres-data'],
    'create volume': ['/volumes?sheet=create', 'docker volume create'],
    volume: [`/volumes/${row?.host ?? ''}/postgres-data`, 'app.yaml'],
    'about a volume': [`/volumes/${row?.host ?? ''}/postgres-data/about`, '/_data'],
    editor: [`/volumes/${row?.host ?? ''}/postgres-data?file=/app.yaml`, '/app.yaml'],
    'bytes of a file': [`/volumes/${row?.host ?? ''}/postgres-data?file=/logo.bin`, '00000000'],
    networks: ['/networks', 'shop_default'],
    'create network': ['/networks?sheet=create', 'docker network create'],
    network: [`/networks/${row?.host ?? ''}/${'1'.repeat(64)}`, '172.20.0.2/16'],
    'logs of the fleet': ['/logs?q=shop', 'timed out'],
    topology: ['/topology', 'eth0'],
    'topology as a table': ['/topology?view=table', '_default'],
    activity: ['/activity', said(locale, 'jobs.clean.images')],
    events: ['/activity/events', 'shop_default'],
    'events no match': ['/activity/events?q=nothing-like-this', said(locale, 'activity.noMatch')],
    inspect: [`${container}/inspect`, 'docker inspect'],
    audit: ['/audit', 'ContainerRestart'],
    'audit entry': ['/audit?outcome=denied&entry=236', said(locale, 'audit.details')],
    'audit no match': ['/audit?q=nothing-like-this', said(locale, 'audit.clearFilter')],
    terminals: ['/terminals', 'ci-deploy'],
    'terminal of somebody': [`/terminals/${row?.host ?? ''}/e1`, 'root@shop-api-6'],
    recordings: ['/recordings', 'ci-deploy'],
    recording: [`/recordings/${row?.host ?? ''}/30000000-0000-4000-8000-000000000001`, '0:12'],
    account: ['/account', 'ci deploy'],
    approve: ['/approve', said(locale, 'approve.hint')],
    people: ['/users', 'ana.horvat'],
    'sign-in': ['/settings/sign-in', 'sso.corp.example'],
    grants: ['/access', 'night shift'],
    'no grant matches': ['/access?q=nothing-like-this', said(locale, 'grants.clear')],
    'give access': ['/access?sheet=give', said(locale, 'access.coversNow')],
    matrix: ['/access/matrix', 'production'],
    'matrix by host': ['/access/matrix?by=host&permission=container:exec', 'edge-rpi-02'],
    'cell of the matrix': [`/access/matrix?cell=${personId}~${accessId(20)}`, said(locale, 'access.can.elevated')],
    teams: ['/access/teams', 'contractors'],
    team: [`/access/teams?team=${accessId(10)}`, said(locale, 'teams.take')],
    roles: ['/access/roles', 'shop-release'],
    role: ['/access/roles?role=operator', 'container:restart'],
    'new role': ['/access/roles?role=new', 'host:view'],
    'host groups': ['/access/host-groups', said(locale, 'groups.labelsHint')],
    'host group': [`/access/host-groups?group=${accessId(20)}`, said(locale, 'action.done')],
    requests: ['/access/requests', 'the checkout hangs'],
    'why somebody may': ['/access/explain?permission=host:edit&resource=installation', './gantry why'],
    'why somebody may not': ['/access/explain?user=jonas&permission=host:edit&resource=installation', said(locale, 'explain.nearest')],
    'ask for access': ['/access/explain?permission=owner:transfer&resource=installation&sheet=ask', said(locale, 'requests.howLong')],
    tokens: ['/tokens', 'grafana'],
    settings: ['/settings', 'GANTRY_URL'],
    invite: ['/invite#token', said(locale, 'setup.repeat')],
    welcome: ['/welcome', said(locale, 'setup.host')],
    missing: ['/nowhere', said(locale, 'missing.title')],
  };
}

/** What is seen on a page only after something was done there: by the page's name, what to do and what is seen then. */
function deedsOf(
  page: Page,
  locale: Locale,
): Record<string, { readonly name: string; readonly act: () => Promise<void>; readonly seen: string }> {
  const enterCode = async (): Promise<void> => {
    await page.getByLabel(said(locale, 'approve.code')).fill('bcdf-ghjk');
    await page.getByRole('button', { name: said(locale, 'approve.find') }).click();
  };
  return { approve: { name: 'machine to approve', act: enterCode, seen: said(locale, 'approve.warn') } };
}

/** Goes on inside of the app, as a link does: the document, and what was read into it, stays. By way of a page that has none of the words that are looked for. */
async function follow(page: Page, path: string, locale: Locale): Promise<void> {
  const push = (to: string): Promise<void> =>
    page.evaluate((place) => {
      history.pushState(null, '', place);
      dispatchEvent(new PopStateEvent('popstate', { state: null }));
    }, to);
  await push('/nowhere');
  await page.getByRole('heading', { name: said(locale, 'missing.title') }).waitFor();
  await push(path);
}

/** What can be moved sideways though it should not: the page itself and what scrolls down. Lists, commands and logs may. */
function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('html, main *, [role=dialog] *')]
      .filter(
        (element) =>
          element.tagName === 'HTML' ||
          (getComputedStyle(element).overflowX !== 'visible' && !element.closest('[role=grid], [role=log], [role=tablist], pre, .xterm')),
      )
      .filter((element) => ['auto', 'scroll'].includes(getComputedStyle(element).overflowY) || element.tagName === 'HTML')
      .filter((element) => element.scrollWidth > element.clientWidth && !element.classList.contains('overflow-x-auto'))
      .map((element) => `scrolls sideways by ${element.scrollWidth - element.clientWidth} px: ${element.outerHTML.slice(0, 120)}`),
  );
}

test.each([
  ['dark', 1440, 'en'],
  ['light', 1024, 'zh-CN'],
  ['dark', 390, 'en'],
  ['light', 390, 'zh-CN'],
] as const)(
  'every page is accessible and keeps the content policy (%s, %i px, %s)',
  async (theme, width, locale) => {
    const double = opened.use(await startApiDouble({ rows: 60, hosts: 3, logLines: 400 }));
    const { page, complaints, show } = opened.use(await openBrowser({ theme, width, locale, height: width < 500 ? 844 : 900 }));
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(double.url) && !request.url().startsWith('data:') && !request.url().startsWith('blob:'))
        elsewhere.push(request.url());
    });
    const found: Record<string, string[]> = {};
    const judge = async (name: string): Promise<void> => {
      const wrong = [...(await breaches(page)), ...(await overflowing(page))];
      if (wrong.length) found[name] = wrong;
    };
    const deeds = deedsOf(page, locale);
    jobsBefore([...double.rows.values()]).forEach((job) => double.jobs.put(job));
    // Each page is opened by its address once; in the other looks it is reached from the page before.
    const isFirst = theme === 'dark' && width === 1440;
    let isOpen = false;
    for (const [name, [path, seen]] of Object.entries(pagesOf(double, locale))) {
      if (isFirst || !isOpen) await show(double.url + path, seen);
      else await follow(page, path, locale);
      await page.getByText(seen).first().waitFor();
      isOpen = true;
      await judge(name);
      const deed = deeds[name];
      if (!deed) continue;
      await deed.act();
      await page.getByText(deed.seen).first().waitFor();
      await judge(deed.name);
    }
    expect({ found, complaints, elsewhere }).toEqual({ found: {}, complaints: [], elsewhere: [] });
  },
  600_000,
);

test.each(['dark', 'light'] as const)(
  'set-up and login are accessible (%s)',
  async (theme) => {
    const double = opened.use(await startApiDouble({ rows: 0, hosts: 0, isSetUp: false }));
    const { page, complaints } = opened.use(await openBrowser({ theme, width: 390, height: 844 }));
    await page.goto(`${double.url}/setup#code=AB-12`);
    await page.getByLabel('Set-up code').waitFor();
    expect(await breaches(page)).toEqual([]);
    const signedOut = opened.use(await startApiDouble({ rows: 0, hosts: 0, isSignedIn: false }));
    await page.goto(signedOut.url);
    await page.getByRole('button', { name: 'Sign in with Corp' }).waitFor();
    expect(await breaches(page)).toEqual([]);
    expect(complaints).toEqual([]);
  },
  180_000,
);
