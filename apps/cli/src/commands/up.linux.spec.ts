import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { globSync, rmdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';

const opened = closedAfterEach();
const main = fileURLToPath(new URL('../main.ts', import.meta.url));

/** What `gantry up` prints, waited for line by line. */
class Up implements AsyncDisposable {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly lines: string[] = [];
  #heard = Promise.withResolvers<undefined>();

  constructor(words: readonly string[]) {
    const env = { ...process.env, NODE_OPTIONS: '' };
    this.child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'up', ...words], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface(stream).on('line', (line) => {
        this.lines.push(line);
        this.#heard.resolve(undefined);
        this.#heard = Promise.withResolvers();
      });
    }
    this.child.on('close', () => this.#heard.resolve(undefined));
  }

  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (let seen = 0; ;) {
      for (; seen < this.lines.length; seen += 1) {
        const found = pattern.exec(this.lines[seen] ?? '');
        if (found) return found;
      }
      if (this.child.exitCode !== null) throw new Error(`up ended without saying ${pattern.source}:\n${this.lines.join('\n')}`);
      await this.#heard.promise;
    }
  }

  /** Children of the command line: the parts. */
  async parts(): Promise<number[]> {
    const { pid = 0 } = this.child;
    return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean).map(Number);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill(signal);
      await ended;
    }
    return this.child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGTERM');
  }
}

async function up(): Promise<{ started: Up; words: string[] }> {
  const { path } = opened.use(await temporaryDirectory());
  opened.defer(() => removeCgroups(`${path}/data`));
  const words = ['--port', '0', '--listen', '127.0.0.1', '--engine', 'native', '--data-root', `${path}/data`, '--run-root', `${path}/run`];
  return { started: opened.use(new Up(words)), words };
}

/** The native engine leaves its empty control groups, which cost nothing and are wanted again; a test takes them away. */
function removeCgroups(dataRoot: string): void {
  const instance = createHash('sha256').update(dataRoot).digest('hex').slice(0, 6);
  const groups = globSync(`/sys/fs/cgroup/{,*/}gantry/${instance}/{monitor,}`);
  for (const path of groups.sort((a, b) => b.length - a.length)) rmdirSync(path);
}

async function isGone(pid: number): Promise<boolean> {
  return readFile(`/proc/${pid}/stat`, 'utf8').then(
    (stat) => stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z'), // where nobody asks how an orphan ended
    () => true,
  );
}

function endIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // As it should be: it has ended.
  }
}

test('up starts both parts, says where it is, and a Ctrl-C ends them; the second start needs nothing', async () => {
  const { started, words } = await up();
  await started.says(/https:\/\/127\.0\.0\.1:\d+\/setup#code=[A-Z0-9-]+$/);
  await started.says(/certificate authority \(SHA-256\): [0-9A-Fa-f:]+/);
  await started.says(/^agent: connected to https:/);
  const parts = await started.parts();
  expect(parts).toHaveLength(2);

  expect(await started.end('SIGINT')).toBe(0);
  for (const pid of parts) expect(await isGone(pid)).toBe(true);

  const startedAgainAt = performance.now();
  const second = opened.use(new Up(words));
  await second.says(/^agent: connected to https:/);
  expect(performance.now() - startedAgainAt).toBeLessThan(30_000);
}, 60_000);

test('a part that is killed is back within seconds, and the other one finds it again', async () => {
  const { started } = await up();
  await started.says(/^agent: connected to https:/);

  for (const pid of await started.parts()) {
    started.lines.length = 0;
    process.kill(pid, 'SIGKILL');
    await started.says(/is started again$/);
    await started.says(/^agent: connected to https:/);
  }
}, 60_000);

test('parts that a killed up left behind are ended by the next one, which a running one refuses', async () => {
  const { started, words } = await up();
  await started.says(/^agent: connected to https:/);
  const parts = await started.parts();
  opened.defer(() => parts.forEach(endIfAlive));
  const beside = opened.use(new Up(words));
  await beside.says(/^gantry: Gantry is running already with .* \(process \d+\): stop it/);

  await started.end('SIGKILL');
  for (const pid of parts) expect(await isGone(pid)).toBe(false);
  const next = opened.use(new Up(words));
  for (const pid of parts) await next.says(new RegExp(`^gantry: ends process ${pid}, which an earlier`));
  await next.says(/^agent: connected to https:/);

  for (const pid of parts) expect(await isGone(pid)).toBe(true);
}, 120_000);
