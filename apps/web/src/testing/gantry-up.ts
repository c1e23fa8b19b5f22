import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '@gantry/base/testing';
import { busyboxImage } from '@gantry/engine-api/testing';
import type { Page } from 'playwright-core';

const cli = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url));
const password = 'correct horse battery';

export interface RunningGantry extends AsyncDisposable {
  /** The printed set-up address, with its code. */
  readonly address: string;
  /** The engine's own socket. */
  readonly socket: string;
  /** Where it keeps everything. */
  readonly directory: string;
  /** Kills the server as a lack of memory would; whoever runs it starts it again. The agent goes on. */
  readonly killServer: () => void;
}

/** Runs `gantry up` on roots of its own, with the built parts and Gantry's own engine; answers when this machine's agent is connected. */
export async function gantryUp({ port = 0 }: { port?: number } = {}): Promise<RunningGantry> {
  await using opened = new AsyncDisposableStack();
  const { path } = opened.use(await temporaryDirectory());
  opened.defer(() => unmountBelow(path));
  const roots = ['--data-root', `${path}/data`, '--run-root', `${path}/run`];
  const words = ['up', '--port', String(port), '--listen', '127.0.0.1', '--engine', 'native', ...roots];
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
  opened.defer(() => removeContainers(`${path}/run/docker.sock`));
  const closing = opened.move();
  return {
    address,
    socket: `${path}/run/docker.sock`,
    directory: path,
    killServer: () => process.kill(serverOf(child.pid ?? 0), 'SIGKILL'),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** Containers go on when Gantry ends, and what they need in the kernel with them. */
async function removeContainers(socket: string): Promise<void> {
  const containers = JSON.parse(await askEngine(socket, 'GET /containers/json?all=1')) as { Id: string }[];
  for (const { Id } of containers) await askEngine(socket, `DELETE /containers/${Id}?force=1&v=1`);
  await askEngine(socket, 'POST /networks/prune');
}

/** Of the processes that `gantry up` has started the one with the server's program. */
function serverOf(parent: number): number {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ').map(Number);
  const server = children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('server/dist/main'));
  if (server === undefined) throw new Error('no server runs');
  return server;
}

/** Only where a test has failed with a container still there. */
function unmountBelow(path: string): void {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  for (const point of points.filter((one) => one.startsWith(`${path}/`)).reverse()) execFileSync('umount', ['-l', point]);
}

/** Asks the engine at its socket, as the docker CLI does; fails with its words. */
export async function askEngine(socketPath: string, line: string, body?: string | Buffer | object): Promise<string> {
  const [method = 'GET', path = ''] = line.split(' ');
  const isTar = Buffer.isBuffer(body);
  const headers = body === undefined ? {} : { 'content-type': isTar ? 'application/x-tar' : 'application/json' };
  const sending = request({ socketPath, method, path: `/v1.51${path}`, headers });
  sending.end(body === undefined || isTar || typeof body === 'string' ? body : JSON.stringify(body));
  const [response] = (await once(sending, 'response')) as [AsyncIterable<Buffer> & { statusCode: number }];
  let said = '';
  for await (const chunk of response) said += chunk.toString();
  if (response.statusCode >= 400) throw new Error(`${line}: ${said}`);
  return said;
}

export async function loadBusybox(socketPath: string): Promise<void> {
  expect(await askEngine(socketPath, 'POST /images/load', busyboxImage().archive)).toContain('busybox:latest');
}

/** Makes and starts a container of busybox; answers with its id. */
export async function runBusybox(
  socketPath: string,
  name: string,
  more: { readonly script?: string; readonly [field: string]: unknown } = {},
): Promise<string> {
  const { script = 'while true; do sleep 1; done', ...fields } = more;
  const body = { Image: 'busybox:latest', Cmd: ['sh', '-c', script], ...fields };
  const { Id } = JSON.parse(await askEngine(socketPath, `POST /containers/create?name=${name}`, body)) as { Id: string };
  await askEngine(socketPath, `POST /containers/${Id}/start`);
  return Id;
}

export async function becomeOwner(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.getByText('Taken from the link').waitFor();
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Repeat password').fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('button', { name: 'Open the overview' }).click();
}
