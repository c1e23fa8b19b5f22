import { closedAfterEach } from '@gantry/base/testing';
import type { Page } from 'playwright-core';
import { type ApiDouble, startApiDouble } from './api-double.ts';
import { openBrowser } from './open-page.ts';

// What containers, people and programs call themselves is text and stays text: every name, label, variable and log line is markup here, in a real Chromium under the
// policy that the server sends.
const opened = closedAfterEach();

const stain = `'"><img src=stain onerror="window.stained=1"><script>window.stained=1</script><a href="javascript:window.stained=1">stain</a>{{constructor}}`;

/** Fields that hold what somebody chose, of the server's own API and of engines; values that programs choose among (states, ids, times) stay. */
const chosen = new Set([
  ...['name', 'hostname', 'ref', 'who', 'target', 'address', 'command', 'container', 'message', 'userAgent', 'createdBy', 'comment'],
  ...['image', 'project', 'networks', 'volumes', 'operatingSystem', 'kernel', 'title', 'subject', 'team', 'action', 'labels', 'details'],
  ...['Name', 'Names', 'Image', 'RepoTags', 'RepoDigests', 'Labels', 'Env', 'Cmd', 'Args', 'Path', 'Entrypoint', 'Command', 'Comment'],
  ...['CreatedBy', 'Author', 'Mountpoint', 'Source', 'Destination', 'Hostname', 'Domainname', 'User', 'WorkingDir', 'Output', 'Error'],
  ...['Processes', 'Titles', 'Options', 'Config', 'Aliases', 'DNSNames', 'linkTarget', 'reference', 'containerName', 'network'],
]);

function stained(value: unknown, isChosen = false): unknown {
  if (typeof value === 'string') return isChosen ? `${value}${stain}` : value;
  if (Array.isArray(value)) return value.map((item) => stained(item, isChosen));
  if (typeof value !== 'object' || value === null) return value;
  const isMap = isChosen; // keys of labels and options are chosen too
  const entries = Object.entries(value).map(([key, item]) => [key, stained(item, isMap || chosen.has(key))] as const);
  return Object.fromEntries(isMap ? [...entries, [`key${stain}`, stain]] : entries);
}

/** Pages that show something of what is chosen. */
function pagesOf({ rows }: ApiDouble): readonly string[] {
  const row = [...rows.values()].find(({ state, link }) => state === 'running' && link === 'live');
  const [host, container] = [row?.host ?? '', `/containers/${row?.host ?? ''}/${row?.id ?? ''}`];
  return [
    ...['/', '/hosts', '/containers', '/images', '/volumes', '/networks', '/topology', '/activity', '/terminals', '/recordings', '/audit'],
    ...['/users', '/account', '/access', '/access/teams', '/access/matrix', '/logs?q=shop'],
    ...['', '/logs', '/environment', '/processes', '/network', '/mounts', '/health', '/config', '/files'].map((tab) => container + tab),
    ...[
      `/hosts/${host}`,
      `/images/${host}/sha256:${'1'.repeat(64)}`,
      `/volumes/${host}/postgres-data`,
      `/networks/${host}/${'1'.repeat(64)}`,
    ],
  ];
}

/** What came of the markup: nothing of it may be an element, have run, or stand in an address. */
async function harm(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const elements = [...document.querySelectorAll('img[src="stain"], a[href^="javascript:"], script:not([src])')];
    const handlers = [...document.querySelectorAll('*')].filter((element) =>
      element.getAttributeNames().some((name) => name.startsWith('on')),
    );
    const hasRun = (window as unknown as { stained?: number }).stained === 1 ? ['it has run'] : [];
    return [...hasRun, ...[...elements, ...handlers].map((element) => element.outerHTML.slice(0, 120))];
  });
}

test('markup in every name, label, variable and log line is shown as text, and nothing of it runs', async () => {
  const options = { rows: 12, hosts: 2, logLines: 40, extraLogLine: stain, dress: (answer: unknown) => stained(answer) };
  const double = opened.use(await startApiDouble(options));
  const { page, complaints } = opened.use(await openBrowser());
  const silent: string[] = [];
  for (const path of pagesOf(double)) {
    await page.goto(double.url + path);
    const isShown = page.locator(':text("<img src=stain")').first().waitFor({ state: 'attached' });
    await isShown.catch(() => silent.push(path));
    expect([path, await harm(page)]).toEqual([path, []]);
  }
  expect(silent).toEqual([]);
  expect(complaints.filter((words) => /stain|Content Security|inline|Refused/i.test(words))).toEqual([]);
}, 180_000);
