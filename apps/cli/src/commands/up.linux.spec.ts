import { readFile, rm } from 'node:fs/promises';
import { closedAfterEach, unusedPort } from '@gantry/base/testing';
import { RunningGantry } from '../testing/gantry.ts';
import { makeRoots } from '../testing/roots.ts';

const opened = closedAfterEach();

async function up(): Promise<{ started: RunningGantry; words: string[] }> {
  const roots = await makeRoots(opened);
  const words = ['up', '--port', '0', '--listen', '127.0.0.1', '--engine', 'native', ...roots.words];
  return { started: opened.use(new RunningGantry(words)), words };
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
  const startedAt = performance.now();
  const { started, words } = await up();
  await started.says(/https:\/\/127\.0\.0\.1:\d+\/setup#code=[A-Z0-9-]+$/);
  await started.says(/certificate authority \(SHA-256\): [0-9A-Fa-f:]+/);
  await started.says(/^agent: connected to https:/);
  const firstMs = performance.now() - startedAt;
  const parts = await started.parts();
  expect(parts).toHaveLength(2);

  expect(await started.end('SIGINT')).toBe(0);
  for (const pid of parts) expect(await isGone(pid)).toBe(true);

  const startedAgainAt = performance.now();
  const second = opened.use(new RunningGantry(words));
  await second.says(/^agent: connected to https:/);
  expect(performance.now() - startedAgainAt).toBeLessThan(10_000 + 2 * firstMs);
});

test('a server that goes over to https, or gets another authority, keeps the hosts that know its key', async () => {
  const roots = await makeRoots(opened);
  const words = ['up', '--port', String(await unusedPort()), '--listen', '127.0.0.1', '--engine', 'native', ...roots.words];
  for (const more of [['--tls', 'off'], [], []]) {
    const started = opened.use(new RunningGantry([...words, ...more]));
    await started.says(/^agent: connected to https?:/);
    await started.end('SIGINT');
    await rm(`${roots.data}/server/ca.pem`, { force: true }); // as where it had to be made anew
  }
}, 120_000);

test('a part that is killed is back within seconds, and the other one finds it again', async () => {
  const { started } = await up();
  await started.says(/^agent: connected to https:/);

  for (const pid of await started.parts()) {
    started.lines.length = 0;
    process.kill(pid, 'SIGKILL');
    await started.says(/is started again$/);
    await started.says(/^agent: connected to https:/);
  }
});

test('parts that a killed up left behind are ended by the next one, which a running one refuses', async () => {
  const { started, words } = await up();
  await started.says(/^agent: connected to https:/);
  const parts = await started.parts();
  opened.defer(() => parts.forEach(endIfAlive));
  const beside = opened.use(new RunningGantry(words));
  await beside.says(/^gantry: Gantry is running already with .* \(process \d+\): stop it/);

  await started.end('SIGKILL');
  for (const pid of parts) expect(await isGone(pid)).toBe(false);
  const next = opened.use(new RunningGantry(words));
  for (const pid of parts) await next.says(new RegExp(`^gantry: ends process ${pid}, which an earlier`));
  await next.says(/^agent: connected to https:/);

  for (const pid of parts) expect(await isGone(pid)).toBe(true);
}, 120_000);
