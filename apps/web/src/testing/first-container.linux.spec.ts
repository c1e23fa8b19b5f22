import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { busyboxImage } from '@gantry/engine-api/testing';
import type { Page } from 'playwright-core';
import { openBrowser } from './open-page.ts';

// The whole way as a person goes it: `gantry up` with the built parts and Gantry's own engine, a real kernel, a real Chromium.
const opened = closedAfterEach();
const cli = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url));
const password = 'correct horse battery';

/** Runs `gantry up` on roots of its own; answers with the set-up address and the engine's socket. */
async function up(): Promise<{ address: string; socket: string }> {
  const { path } = opened.use(await temporaryDirectory());
  opened.defer(() => unmountBelow(path));
  const words = [
    'up',
    '--port',
    '0',
    '--listen',
    '127.0.0.1',
    '--engine',
    'native',
    '--data-root',
    `${path}/data`,
    '--run-root',
    `${path}/run`,
  ];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...words], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  opened.defer(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  let address = '';
  for await (const line of createInterface(child.stdout)) {
    address = /https:\/\/127\.0\.0\.1:\d+\/setup#code=\S+/.exec(line)?.[0] ?? address;
    if (/^agent: connected to/.test(line)) break;
  }
  child.stdout.resume();
  return { address, socket: `${path}/run/docker.sock` };
}

/** Only where a test has failed with a container still there. */
function unmountBelow(path: string): void {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  for (const point of points.filter((one) => one.startsWith(`${path}/`)).reverse()) execFileSync('umount', ['-l', point]);
}

async function loadBusybox(socketPath: string): Promise<void> {
  const sending = request({ socketPath, method: 'POST', path: '/v1.51/images/load', headers: { 'content-type': 'application/x-tar' } });
  sending.end(busyboxImage().archive);
  const [response] = (await once(sending, 'response')) as [AsyncIterable<Buffer>];
  let said = '';
  for await (const chunk of response) said += chunk.toString();
  expect(said).toContain('busybox:latest');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

async function becomeOwner(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.getByText('Taken from the link').waitFor();
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Repeat password').fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('button', { name: 'Open the overview' }).click();
}

test('from the printed link to a container that answers, is followed, driven and removed', async () => {
  const { address, socket } = await up();
  await loadBusybox(socket);
  const port = await freePort();
  const { page, complaints } = opened.use(await openBrowser());
  await becomeOwner(page, address);

  await page.goto(new URL('/containers?sheet=run', address).href);
  await page.getByLabel('Image').fill('busybox:latest');
  await page.getByLabel('Name', { exact: true }).fill('web');
  const script =
    'mkdir /www; echo hello > /www/index.html; httpd -p 80 -h /www; i=0; while true; do i=$((i+1)); echo line $i; sleep 0.2; done';
  await page.getByLabel('Command', { exact: true }).fill(`sh -c "${script}"`);
  await page.getByRole('button', { name: 'Add: Published ports' }).click();
  await page.getByLabel('host port').fill(`127.0.0.1:${port}`);
  await page.getByLabel('container port').fill('80');
  await page.getByRole('button', { name: 'Run', exact: true }).click();

  await page.getByText('line 3', { exact: true }).waitFor();
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('hello\n');
  await page
    .getByText(/^\d+ KiB$|^\d\.\d MiB$/)
    .first()
    .waitFor();

  await page.getByRole('tab', { name: 'Terminal' }).click();
  await page.getByText('/ #').first().waitFor();
  await page.keyboard.type('echo shell-$((6*7))\n');
  await page.getByText('shell-42').first().waitFor();

  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByRole('button', { name: 'Start', exact: true }).waitFor({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Actions for web' }).click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No containers yet').waitFor();
  expect(complaints).toEqual([]);
}, 180_000);
