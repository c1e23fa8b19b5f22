import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '@gantry/base/testing';
import { createOwner, Host, listHosts } from '@gantry/contract';
import { TestBrowser } from './browser.ts';

export type InstalledPart = 'server' | 'agent';

const commandLine = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url));
const programOf = { server: 'apps/server/dist/main.js', agent: 'apps/agent/dist/agent.mjs' } as const;
const password = 'tapir-lampe-rost-kiesel';
const startLimitMs = 60_000;

/** What `./gantry up` runs, with roots of its own on loopback: the built server with its database, the built agent with the native engine in it. */
export class Installation implements AsyncDisposable {
  readonly owner: TestBrowser;
  readonly hostId: string;
  /** The agent's own socket. */
  readonly dockerSocket: string;
  readonly #child: Up;
  readonly #opened: AsyncDisposableStack;

  private constructor(parts: { owner: TestBrowser; hostId: string; dockerSocket: string; child: Up; opened: AsyncDisposableStack }) {
    this.owner = parts.owner;
    this.hostId = parts.hostId;
    this.dockerSocket = parts.dockerSocket;
    this.#child = parts.child;
    this.#opened = parts.opened;
  }

  /** Starts, makes the owner, and waits for the host. */
  static async start(): Promise<Installation> {
    await using undo = new AsyncDisposableStack();
    const { path } = undo.use(await temporaryDirectory());
    const child = startUp(path);
    undo.defer(() => end(child));
    const [url = '', code = ''] = await said(child, /(http:\/\/127\.0\.0\.1:\d+)\/setup#code=([A-Z0-9-]+)$/);
    const owner = new TestBrowser(url);
    const made = await owner.call(createOwner, { body: { code, name: 'ada', password } });
    if (made.status !== 201) throw new Error(`set-up answered ${made.status}: ${JSON.stringify(made.body)}`);
    const hostId = await firstHost(owner);
    return new Installation({ owner, hostId, dockerSocket: join(path, 'run', 'docker.sock'), child, opened: undo.move() });
  }

  /** Ends a part by SIGKILL; what keeps it starts it again. */
  async kill(part: InstalledPart): Promise<void> {
    const { pid = 0 } = this.#child;
    for (const child of (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ')) {
      if ((await readFile(`/proc/${child}/cmdline`, 'utf8')).includes(programOf[part])) process.kill(Number(child), 'SIGKILL');
    }
  }

  /** Asks the engine of the host through the server's door, as the owner. */
  engine(method: string, target: string, { body, signal }: { body?: unknown; signal?: AbortSignal } = {}): Promise<Response> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { ...this.owner.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    return fetch(new URL(`/engine/${this.hostId}${target}`, this.owner.url), { method, headers, ...sent, ...(signal ? { signal } : {}) });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }
}

type Up = ChildProcessByStdio<null, Readable, null>;

function startUp(path: string): Up {
  const where = ['--port', '0', '--listen', '127.0.0.1', '--tls', 'off', '--engine', 'native'];
  const words = ['up', ...where, '--data-root', join(path, 'data'), '--run-root', join(path, 'run')];
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', commandLine, ...words], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** What the groups of a pattern find in the first line that matches; what is said afterwards is thrown away. */
function said({ stdout }: Up, pattern: RegExp): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const lines = createInterface(stdout);
    lines.on('line', (line) => {
      const [, ...found] = pattern.exec(line) ?? [];
      if (found.length > 0) resolve(found);
    });
    lines.on('close', () => reject(new Error(`up ended without saying ${pattern.source}`)));
  });
}

async function firstHost(owner: TestBrowser): Promise<string> {
  const deadline = performance.now() + startLimitMs;
  for (;;) {
    const [host] = Host.array().parse((await owner.call(listHosts)).body);
    if (host?.link === 'live') return host.id;
    if (performance.now() > deadline) throw new Error('the host did not join');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function end(child: Up): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
