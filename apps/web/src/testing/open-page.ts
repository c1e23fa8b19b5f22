import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { openBrowserNetwork } from './browser-network.ts';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How long a page may take to show or do something: many times what it takes where nothing else runs. */
const patienceMs = 60_000;

/** How many times slower pages are made than the machine: with 6 or 20, a test that acts before the page is ready fails each time and not once in a hundred. */
const slowness = Number(process.env['GANTRY_PAGE_SLOWNESS'] ?? 1);

export interface OpenedBrowser extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the pages complained about: errors, refused policies. */
  readonly complaints: readonly string[];
  /** Goes there and waits until the words are seen. */
  readonly show: (url: string, seen: string) => Promise<void>;
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'dark' | 'light';
  readonly locale?: string;
  readonly motion?: 'reduce' | 'no-preference';
}

declare global {
  /** What a failed test says with its error: of tools/told-environment.mjs, absent where no test runs. */
  var onTestFailure: Set<() => Promise<string>> | undefined;
}

function toldOnFailure(tell: () => Promise<string>): Disposable {
  globalThis.onTestFailure?.add(tell);
  return { [Symbol.dispose]: () => void globalThis.onTestFailure?.delete(tell) };
}

/** Where the page is, what has the focus and the end of what it shows. */
async function whatIsSeen(page: Page, complaints: readonly string[]): Promise<string> {
  const focused = `(({ activeElement: at }) => at && at.cloneNode(false).outerHTML.slice(0, 200))(document)`;
  const asked = Promise.all([page.evaluate<string>(focused), page.locator('body').ariaSnapshot({ timeout: 5000 })]);
  const [focus, shown] = await asked.catch((thrown: unknown) => ['?', String(thrown)]);
  return [`page: ${page.url()}`, `focus: ${focus}`, ...complaints.slice(-5).map((one) => `complains: ${one}`), shown.slice(-1500)].join(
    '\n',
  );
}

/** A real Chromium with a profile and a network of its own. */
export async function openBrowser(options: PageOptions = {}): Promise<OpenedBrowser> {
  await using opened = new AsyncDisposableStack();
  const profile = await mkdtemp(join(tmpdir(), 'gantry-chromium-'));
  opened.defer(() => rm(profile, { recursive: true, force: true }));
  const network = opened.use(await openBrowserNetwork(profile, process.env['CHROMIUM'] ?? '/usr/bin/chromium'));
  const context = await chromium.launchPersistentContext(join(profile, 'profile'), {
    executablePath: network.executablePath,
    proxy: { server: network.proxy },
    args: flags,
    headless: true,
    ignoreHTTPSErrors: true,
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
    colorScheme: options.theme ?? 'dark',
    locale: options.locale ?? 'en-GB',
    reducedMotion: options.motion ?? 'reduce',
  });
  context.setDefaultTimeout(patienceMs);
  opened.defer(() => context.close());
  await network.ready;
  const page = context.pages()[0] ?? (await context.newPage());
  if (slowness > 1) await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: slowness });
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.stack || error.message || error.name));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  opened.use(toldOnFailure(() => whatIsSeen(page, complaints)));
  const closing = opened.move();
  return {
    context,
    page,
    complaints,
    async show(url, seen) {
      await page.goto(url);
      await page.getByText(seen).first().waitFor();
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
