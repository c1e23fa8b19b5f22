import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { closedAfterEach } from '@gantry/base/testing';
import type { EngineClient } from '@gantry/engine-api';
import { askUntil } from '@gantry/engine-api/testing';
import { identifyProcess, isAlive } from '@gantry/linux';
import { createIn, eventsOf, inspectIn, type InspectedContainer, isReady, runIn, shell, waitIn } from '../testing/container-client.ts';
import { openTestEngine, type TestEngine } from '../testing/open-test-engine.ts';
import { openTestMachine } from '../testing/open-test-machine.ts';
import type { ContainerStatus } from './container.ts';

let engine: TestEngine;
const opened = closedAfterEach();
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

const policy = (Name: string, more: object = {}) => ({ HostConfig: { RestartPolicy: { Name, ...more } } });
const run = (script: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> => runIn(engine.client, shell(script, more));
const becomes = (id: string, status: string, client: EngineClient = engine.client): Promise<InspectedContainer> =>
  askUntil(
    () => inspectIn(client, id),
    ({ State }) => State.Status === status,
  );
/** A container in the middle of a long wait for its next start. */
async function waiting(name = 'always'): Promise<string> {
  const id = await run('exit 3', policy(name));
  await askUntil(
    () => inspectIn(engine.client, id),
    ({ RestartCount, State }) => RestartCount >= 5 && State.Status === 'restarting',
  );
  return id;
}
const startsOf = async (id: string): Promise<number> =>
  (await eventsOf(engine.client, id)).filter(({ Action }) => Action === 'start').length;

test('a container that fails at once is started again after 100 ms, and after twice as long each time', async () => {
  const id = await waiting();
  const told = (await eventsOf(engine.client, id)).filter(({ Action }) => Action === 'die' || Action === 'start');
  const waits = told
    .slice(1)
    .flatMap(({ Action, timeNano }, at) => (Action === 'start' ? [(timeNano - (told[at]?.timeNano ?? 0)) / 1e6] : []));

  expect(waits.slice(0, 4).map((wait, at) => wait >= 100 * 2 ** at - 5)).toEqual([true, true, true, true]);
});

test('stop during the wait calls the restart off and tells who waits for the end', async () => {
  const id = await waiting();
  const ended = waitIn(engine.client, id);
  await sleep(50);

  expect((await engine.client.call('ContainerStop', { path: { id } })).status).toBe(204);
  expect(await ended).toBe(3);
  const starts = await startsOf(id);
  await sleep(2000);
  expect([await startsOf(id), (await inspectIn(engine.client, id)).State.Status]).toEqual([starts, 'exited']);
});

test('kill during the wait calls the restart off, a start by hand changes nothing, and a start after it begins anew', async () => {
  const id = await waiting();

  expect((await engine.client.call('ContainerStart', { path: { id } })).status).toBe(304);
  expect((await engine.client.call('ContainerKill', { path: { id } })).status).toBe(204);
  expect((await inspectIn(engine.client, id)).State).toMatchObject({ Status: 'exited', ExitCode: 3 });
  await engine.client.call('ContainerStart', { path: { id } });
  expect((await inspectIn(engine.client, id)).RestartCount).toBeLessThan(5);
});

test('a container that waits is removed by force only, and does not come back', async () => {
  const id = await waiting();
  const remove = (force: boolean) => engine.client.call('ContainerDelete', { path: { id }, query: { force } });

  await expect(remove(false)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/container is (restarting|running)/) as string,
  });
  await remove(true);
  const told = await eventsOf(engine.client, id);
  await sleep(2000);
  expect((await eventsOf(engine.client, id)).length).toBe(told.length);
});

test('what needs a process is told that the container is restarting', async () => {
  const id = await waiting();
  const message = `Container ${id} is restarting, wait until the container is running`;

  // On a busy machine it may run again for a moment.
  for (const ask of [
    () => engine.client.call('ContainerExec', { path: { id }, body: { Cmd: ['true'] } }),
    () => engine.client.call('ContainerTop', { path: { id } }),
    async () => {
      await engine.client.call('ContainerPause', { path: { id } });
      // It ran: it would stand still for ever.
      await engine.client.call('ContainerUnpause', { path: { id } });
    },
  ]) {
    const refused = (): Promise<string> =>
      ask().then(
        () => 'done',
        (failure: unknown) => (failure as Error).message,
      );
    await askUntil(refused, (told) => told === message);
  }
});

test('after a signal that is its stop signal, or any where it has none, a container is not started again', async () => {
  const script = 'trap "exit 5" USR1; echo ready; while :; do sleep 0.05; done';
  const plain = await run(script, policy('always'));
  const other = await run(script, { ...policy('always'), StopSignal: 'SIGTERM' });
  for (const id of [plain, other]) await isReady(engine.client, id);
  for (const id of [plain, other]) await engine.client.call('ContainerKill', { path: { id }, query: { signal: 'USR1' } });

  expect((await becomes(plain, 'exited')).RestartCount).toBe(0);
  await askUntil(
    () => inspectIn(engine.client, other),
    ({ RestartCount }) => RestartCount === 1,
  );
});

test('restart ends a container that removes itself, and does not remove it', async () => {
  const id = await run('sleep 60', { HostConfig: { AutoRemove: true } });
  await engine.client.call('ContainerRestart', { path: { id }, query: { t: 0 } });

  const { State } = await inspectIn(engine.client, id);
  expect(State).toMatchObject({ Status: 'running', ExitCode: 0 });
  expect(State.FinishedAt > '2').toBe(true);
  await engine.client.call('ContainerKill', { path: { id } });
  await askUntil(
    () => inspectIn(engine.client, id).catch(() => undefined),
    (found) => found === undefined,
  );
});

test('with the engine starts what its policy keeps running: always also after a stop, unless-stopped only without', async () => {
  const machine = opened.use(await openTestMachine());
  const all = ['always', 'unless-stopped', 'no'];
  const stopped = await Promise.all(all.map((name) => runIn(machine.client, shell('sleep 100', policy(name)))));
  const killed = await runIn(machine.client, shell('sleep 100', policy('unless-stopped')));
  const never = await createIn(machine.client, shell('sleep 100', policy('always')));
  await Promise.all(stopped.map((id) => machine.client.call('ContainerStop', { path: { id }, query: { t: 0 } })));
  await machine.client.call('ContainerKill', { path: { id: killed } });
  await waitIn(machine.client, killed);
  await machine.stop();

  const client = await machine.start();

  await becomes(stopped[0] ?? '', 'running', client);
  for (const id of [...stopped.slice(1), killed]) expect((await inspectIn(client, id)).State.Status).toBe('exited');
  expect((await inspectIn(client, never)).State.Status).toBe('created');
});

test('a wait for a restart goes on under the next engine, and the one that has ended starts nothing any more', async () => {
  const machine = opened.use(await openTestMachine());
  const id = await runIn(machine.client, shell('exit 3', policy('always')));
  const { RestartCount: before } = await askUntil(
    () => inspectIn(machine.client, id),
    ({ RestartCount, State }) => RestartCount >= 3 && State.Status === 'restarting',
  );
  await machine.stop();
  const kept = await readFile(machine.record(id, 'state.json'), 'utf8');
  await sleep(1200);
  expect(await readFile(machine.record(id, 'state.json'), 'utf8')).toBe(kept);

  const client = await machine.start();

  await askUntil(
    () => inspectIn(client, id),
    ({ RestartCount }) => RestartCount > before,
  );
});

test('after a restart of the machine policies apply, and a process that has the number of an old one is left alone', async () => {
  const machine = opened.use(await openTestMachine());
  const [kept, plain] = await Promise.all([
    runIn(machine.client, shell('sleep 100', policy('always'))),
    runIn(machine.client, shell('sleep 100')),
  ]);
  await machine.stop();
  const innocent = spawn('sleep', ['300'], { stdio: 'ignore' });
  opened.defer(async () => {
    innocent.kill('SIGKILL');
    await once(innocent, 'exit');
  });
  const self = identifyProcess(innocent.pid ?? 0);
  if (!self) throw new Error('it did not start');
  for (const id of [kept, plain]) await makeOld(machine.record(id, 'state.json'), innocent.pid ?? 0);

  const client = await machine.start();

  expect((await becomes(kept, 'running', client)).RestartCount).toBe(1);
  expect((await inspectIn(client, plain)).State).toMatchObject({ Status: 'exited', ExitCode: 255 });
  await expect(client.call('ContainerKill', { path: { id: plain } })).rejects.toMatchObject({ code: 'conflict' });
  expect(isAlive(self)).toBe(true);
});

/** As if the machine had been started anew since, and another process had the numbers of this one's. */
async function makeOld(file: string, pid: number): Promise<void> {
  const status = JSON.parse(await readFile(file, 'utf8')) as ContainerStatus;
  if (status.state.name !== 'running') throw new Error('it does not run');
  const { run } = status.state;
  for (const old of [run.monitor.pid, run.init.pid]) process.kill(old, 'SIGKILL');
  const startTicks = identifyProcess(pid)?.startTicks ?? '';
  const identity = { pid, startTicks, bootId: 'before' };
  await writeFile(file, JSON.stringify({ ...status, state: { name: 'running', run: { ...run, init: identity, monitor: identity } } }));
}

test('a container that removes itself and ended while no engine ran is removed by the next', async () => {
  const machine = opened.use(await openTestMachine());
  const id = await runIn(machine.client, shell('while [ ! -e /go ]; do sleep 0.05; done; exit 4', { HostConfig: { AutoRemove: true } }));
  const { Pid } = (await inspectIn(machine.client, id)).State;
  await machine.stop();
  await writeFile(`/proc/${Pid}/root/go`, '');
  await askUntil(
    () => Promise.resolve(identifyProcess(Pid)),
    (found) => found === undefined,
  );

  const client = await machine.start();

  const told = await askUntil(
    async () => (await eventsOf(client, id)).map(({ Action }) => Action),
    (actions) => actions.includes('destroy'),
  );
  expect(told).toEqual(['die', 'disconnect', 'destroy']);
  await expect(inspectIn(client, id)).rejects.toMatchObject({ code: 'not-found' });
});
