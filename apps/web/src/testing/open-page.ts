import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const seenMs = 20_000;

export interface OpenedBrowser extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the pages complained about: errors, refused policies, requests to other hosts. Not links that come and go on this machine: other tests make them. */
  readonly complaints: readonly string[];
  /** Goes there and waits until the words are seen; once more where a link of this machine came or went meanwhile, which breaks off what loads. */
  readonly show: (url: string, seen: string) => Promise<void>;
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'dark' | 'light';
  readonly locale?: string;
}

/** A real Chromium with a profile of its own. */
export async function openBrowser(options: PageOptions = {}): Promise<OpenedBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'gantry-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: flags,
    headless: true,
    ignoreHTTPSErrors: true,
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
    colorScheme: options.theme ?? 'dark',
    locale: options.locale ?? 'en-GB',
    reducedMotion: 'reduce',
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const complaints: string[] = [];
  let disturbances = 0;
  page.on('pageerror', (error) => complaints.push(error.stack || error.message || error.name));
  page.on('console', (message) => {
    if (message.text().includes('net::ERR_NETWORK_CHANGED')) disturbances++;
    else if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  return {
    context,
    page,
    complaints,
    show: (url, seen) => show(page, { url, seen, complaints, disturbances: () => disturbances }),
    async [Symbol.asyncDispose]() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

interface Shown {
  readonly url: string;
  readonly seen: string;
  readonly complaints: string[];
  readonly disturbances: () => number;
}

/** A load that was disturbed is not judged: it is done again, a few times at most. */
async function show(page: Page, shown: Shown, attempts = 5): Promise<void> {
  const before = shown.disturbances();
  const said = shown.complaints.length;
  const isDisturbed = (): boolean => shown.disturbances() !== before && attempts > 1;
  try {
    await page.goto(shown.url);
    await page.getByText(shown.seen).first().waitFor({ timeout: seenMs });
  } catch (thrown) {
    if (!isDisturbed()) throw thrown;
  }
  if (!isDisturbed()) return;
  shown.complaints.length = said;
  await show(page, shown, attempts - 1);
}
