import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import type { EngineClient } from '@gantry/engine-api';
import { askUntil } from '@gantry/engine-api/testing';
import { eventsOf, inspectIn, type InspectedState, runIn, shell } from '../testing/container-client.ts';
import { busyboxImage, dockerArchive } from '../testing/image-archives.ts';
import { nothingLeft } from '../testing/nothing-left.ts';
import { openTestEngine, removeAll, type TestEngine } from '../testing/open-test-engine.ts';
import { openTestMachine } from '../testing/open-test-machine.ts';
import { startEngineProcess } from '../testing/start-engine-process.ts';

let engine: TestEngine;
const opened = closedAfterEach();
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

const ms = 1_000_000;
const idle = 'trap "exit 0" TERM; while :; do sleep 0.1; done';
const probed = (test: string, more: object = {}) =>
  shell(idle, { Healthcheck: { Test: ['CMD-SHELL', test], Interval: 100 * ms, ...more } });
const stateOf = async (client: EngineClient, id: string): Promise<InspectedState> => (await inspectIn(client, id)).State;
const healthOf = async (id: string): Promise<InspectedState['Health']> => (await stateOf(engine.client, id)).Health;
const becomes = (id: string, status: string, client = engine.client): Promise<InspectedState> =>
  askUntil(
    () => stateOf(client, id),
    ({ Health }) => Health?.Status === status,
  );
const act = (verb: 'ContainerPause' | 'ContainerUnpause' | 'ContainerStop' | 'ContainerStart', id: string) =>
  engine.client.call(verb, { path: { id } });

async function touch(id: string, path: string, client = engine.client): Promise<void> {
  const exec = await client.call('ContainerExec', { path: { id }, body: { Cmd: ['touch', path] } });
  await client.call('ExecStart', { path: { id: (await exec.json<{ Id: string }>()).Id }, body: { Detach: true } });
}

/** Processes of the machine that were started with a word of their own. */
function processesWith(word: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(word);
      } catch {
        return false;
      }
    })
    .map(Number);
}

const running = (word: string): Promise<number[]> =>
  askUntil(
    () => Promise.resolve(processesWith(word)),
    (pids) => pids.length > 0,
  );

test('a container is healthy while its check succeeds, and unhealthy after as many failures as are tried', async () => {
  const id = await runIn(engine.client, probed('while [ ! -e /go ]; do sleep 0.05; done; echo said; test ! -f /sick', { Retries: 2 }));
  expect(await healthOf(id)).toEqual({ Status: 'starting', FailingStreak: 0, Log: [] });

  await touch(id, '/go');
  const { Health } = await becomes(id, 'healthy');
  expect(Health).toMatchObject({
    FailingStreak: 0,
    Log: expect.arrayContaining([expect.objectContaining({ ExitCode: 0, Output: 'said\n' })]) as unknown,
  });
  await touch(id, '/sick');

  expect((await becomes(id, 'unhealthy')).Health?.FailingStreak).toBeGreaterThanOrEqual(2);
  const told = (await eventsOf(engine.client, id)).map(({ Action }) => Action).filter((action) => action.startsWith('health_status'));
  expect(told).toEqual(['health_status: healthy', 'health_status: unhealthy']);
});

test('a probe that takes too long is killed with what it started, and says so', async () => {
  const id = await runIn(engine.client, probed('echo said; sleep 4711 & sleep 4712', { Timeout: 2000 * ms, Retries: 1 }));

  const { Health } = await becomes(id, 'unhealthy');
  expect(Health?.Log[0]).toMatchObject({ ExitCode: -1, Output: 'Health check exceeded timeout (2s): said\n' });
  await act('ContainerPause', id);
  expect([...processesWith('4711'), ...processesWith('4712')]).toEqual([]);
});

test('a command that is not there is a failed probe with the words of a start', async () => {
  const body = shell(idle, { Healthcheck: { Test: ['CMD', 'nowhere'], Interval: 50 * ms, Retries: 1 } });
  const id = await runIn(engine.client, body);

  const { Health } = await becomes(id, 'unhealthy');
  expect(Health?.Log[0]).toMatchObject({
    ExitCode: -1,
    Output:
      'OCI runtime exec failed: exec failed: unable to start container process: exec: "nowhere": executable file not found in $PATH: unknown',
  });
});

test('no probe runs across a pause, and the next begins after it', async () => {
  const id = await runIn(engine.client, probed('sleep 4713', { Interval: 50 * ms }));
  await running('4713');

  await act('ContainerPause', id);
  expect(processesWith('4713')).toEqual([]);
  const { Health } = await stateOf(engine.client, id);
  await sleep(300);
  expect(processesWith('4713')).toEqual([]);
  expect(Health).toEqual({ Status: 'unhealthy', FailingStreak: 0, Log: [] });

  await act('ContainerUnpause', id);
  await running('4713');
});

test('no probe runs across a stop, and a new start begins with what it knew of the last', async () => {
  const id = await runIn(
    engine.client,
    shell('trap "" TERM; while :; do sleep 0.1; done', { Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 300 * ms } }),
  );
  await becomes(id, 'healthy');
  const stopping = engine.client.call('ContainerStop', { path: { id }, query: { t: 1 } });
  await askUntil(
    () => eventsOf(engine.client, id),
    (events) => events.some(({ Action }) => Action === 'kill'),
  );
  await stopping;

  const actions = (await eventsOf(engine.client, id)).map(({ Action }) => Action);
  expect(actions.slice(actions.indexOf('kill')).filter((action) => action.startsWith('exec_'))).toEqual([]);
  const { Status, Log = [] } = (await healthOf(id)) ?? {};
  expect(Status).toBe('unhealthy');
  await act('ContainerStart', id);
  const { Log: after = [] } = (await becomes(id, 'healthy')).Health ?? {};
  const known = after.filter(({ Start }) => Log.some((one) => one.Start === Start));
  expect(known.length).toBeGreaterThan(0);
  expect(after.slice(0, known.length)).toEqual(Log.slice(-known.length));
});

test('a list is filtered by health, and its rows tell it', async () => {
  const well = await runIn(engine.client, probed('true'));
  const plain = await runIn(engine.client, shell(idle));
  await becomes(well, 'healthy');
  const list = async (health: string) => {
    const filters = { id: [well, plain], health: [health] };
    return (await engine.client.call('ContainerList', { query: { filters } })).json<{ Id: string; Status: string }[]>();
  };

  expect((await list('none')).map(({ Id }) => Id)).toEqual([plain]);
  expect(await list('healthy')).toMatchObject([{ Id: well, Status: expect.stringMatching(/^Up .* \(healthy\)$/) as unknown }]);
});

test('health outlives the engine: log and status are known to the next one, which goes on with the probes', async () => {
  const machine = opened.use(await openTestMachine());
  // The first probe passes, the others wait for a word: five that ended meanwhile would push what is looked for out of the log.
  const once = 'if [ -e /probed ]; then while [ ! -e /go ]; do sleep 0.05; done; fi; touch /probed';
  const id = await runIn(machine.client, probed(once, { Timeout: 600_000 * ms }));
  const before = await becomes(id, 'healthy', machine.client);
  await machine.stop();

  const client = await machine.start();
  const after = await stateOf(client, id);
  expect(before.Health?.Log).toHaveLength(1);
  expect(after.Health).toEqual(before.Health);
  const known = after.Health?.Log.at(-1)?.Start ?? '';
  await touch(id, '/go', client);
  await askUntil(
    () => stateOf(client, id),
    ({ Health }) => (Health?.Log.at(-1)?.Start ?? '') > known,
  );
});

test('a probe that a killed engine left is ended, and the next engine probes on', async () => {
  const { path } = opened.use(await temporaryDirectory());
  let process = await startEngineProcess(path);
  opened.defer(async () => {
    await removeAll(process.client);
    await process.kill('SIGTERM');
    nothingLeft({ roots: [path], instance: process.instance });
  });
  const archive = await dockerArchive([{ image: await busyboxImage({ Env: ['PATH=/bin'] }), tags: ['busybox:latest'] }]);
  await (await process.client.call('ImageLoad', { body: archive })).text();
  await runIn(process.client, probed('sleep 4714', { Timeout: 600_000 * ms }));
  const [left] = await running('4714');
  await process.kill('SIGKILL');
  expect(processesWith('4714')).toContain(left);

  process = await startEngineProcess(path);

  await askUntil(
    () => Promise.resolve(processesWith('4714')),
    (pids) => pids.length > 0 && !pids.includes(left ?? 0),
  );
});
