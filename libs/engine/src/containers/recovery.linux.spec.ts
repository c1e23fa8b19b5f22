import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { closedAfterEach } from '@gantry/base/testing';
import type { EngineClient } from '@gantry/engine-api';
import { askUntil } from '@gantry/engine-api/testing';
import { bootId } from '@gantry/linux';
import { openTestMachine, type TestMachine } from '../testing/open-test-machine.ts';
import type { ContainerStatus } from './container.ts';

const opened = closedAfterEach();
const openMachine = async (): Promise<TestMachine> => opened.use(await openTestMachine());

interface Inspected {
  readonly Id: string;
  readonly State: { readonly Status: string; readonly ExitCode: number; readonly Error: string; readonly Pid: number };
}

async function run(client: EngineClient, script: string, hostConfig: object = {}): Promise<string> {
  const body = { Image: 'busybox', Cmd: ['sh', '-c', script], HostConfig: hostConfig };
  const { Id } = await (await client.call('ContainerCreate', { body })).json<{ Id: string }>();
  await client.call('ContainerStart', { path: { id: Id } });
  return Id;
}

const stateOf = async (client: EngineClient, id: string): Promise<Inspected['State']> =>
  (await (await client.call('ContainerInspect', { path: { id } })).json<Inspected>()).State;

/** As if the machine had been started anew since. */
async function makeOld(file: string): Promise<void> {
  const status = JSON.parse(await readFile(file, 'utf8')) as ContainerStatus;
  if (status.state.name !== 'running') throw new Error('it does not run');
  const { init, monitor, ...run } = status.state.run;
  for (const pid of [monitor.pid, init.pid]) process.kill(pid, 'SIGKILL');
  const old = { ...run, init: { ...init, bootId: 'before' }, monitor: { ...monitor, bootId: 'before' } };
  await writeFile(file, JSON.stringify({ ...status, state: { name: 'running', run: old } }));
}

test('a container goes on while no engine runs, and is known again with the same process', async () => {
  const machine = await openMachine();
  const id = await run(machine.client, 'sleep 100');
  const before = await stateOf(machine.client, id);

  await machine.stop();
  const client = await machine.start();

  expect(await stateOf(client, id)).toEqual(before);
  await machine.stop();
});

test('a container that was created is on the disk with one file, and can be started by the next engine', async () => {
  const machine = await openMachine();
  const body = { Image: 'busybox', Cmd: ['sleep', '100'] };
  const { Id } = await (await machine.client.call('ContainerCreate', { body })).json<{ Id: string }>();
  expect(await readdir(dirname(machine.record(Id, 'config.json')))).toEqual(['config.json']);

  await machine.stop();
  const client = await machine.start();

  expect(await stateOf(client, Id)).toMatchObject({ Status: 'created' });
  await client.call('ContainerStart', { path: { id: Id } });
  expect(await stateOf(client, Id)).toMatchObject({ Status: 'running' });
  await machine.stop();
});

test('after a restart of the machine a container is over with code 255, and policy starts it again', async () => {
  const machine = await openMachine();
  const plain = await run(machine.client, 'sleep 100');
  const always = await run(machine.client, 'sleep 100', { RestartPolicy: { Name: 'unless-stopped' } });
  await machine.stop();
  await makeOld(machine.record(plain, 'state.json'));
  await makeOld(machine.record(always, 'state.json'));

  const client = await machine.start();

  expect(await stateOf(client, plain)).toMatchObject({ Status: 'exited', ExitCode: 255, Error: 'monitor lost' });
  await askUntil(
    () => stateOf(client, always),
    ({ Status }) => Status === 'running',
  );
  await machine.stop();
});

test('a container whose monitor was killed is over with code 255', async () => {
  const machine = await openMachine();
  const id = await run(machine.client, 'sleep 100');
  const status = JSON.parse(await readFile(machine.record(id, 'state.json'), 'utf8')) as ContainerStatus;
  if (status.state.name !== 'running') throw new Error('it does not run');

  process.kill(status.state.run.monitor.pid, 'SIGKILL');
  await (await machine.client.call('ContainerWait', { path: { id } })).json();

  expect(await stateOf(machine.client, id)).toMatchObject({ Status: 'exited', ExitCode: 255, Error: 'monitor lost' });
  await machine.stop();
});

test('a torn record is put aside with what belongs to it, and the others are served', async () => {
  const machine = await openMachine();
  const body = { Image: 'busybox', Cmd: ['true'], Volumes: { '/anonymous': {} } };
  const ids = await Promise.all(
    [1, 2].map(async () => (await (await machine.client.call('ContainerCreate', { body })).json<{ Id: string }>()).Id),
  );
  await machine.stop();
  const [torn = '', whole = ''] = ids;
  await writeFile(machine.record(torn, 'config.json'), '{"id":"na');

  const client = await machine.start();

  expect(await stateOf(client, whole)).toMatchObject({ Status: 'created' });
  await expect(stateOf(client, torn)).rejects.toMatchObject({ code: 'not-found' });
  expect(machine.problems.join()).toContain(`container ${torn}: its record is bad and was moved to`);
  expect((await readdir(machine.record('.bad', ''))).join()).toContain(torn);
  expect(await readdir(join(machine.root, 'data/engine/rw'))).toContain(torn);
  expect((await (await client.call('VolumeList', {})).json<{ Volumes: object[] }>()).Volumes).toHaveLength(2);
  await machine.stop();
});

test.each(['', '{"state":{"na'])('a container whose state is torn (%p) is over with code 255, and policy starts it again', async (text) => {
  const machine = await openMachine();
  const plain = await run(machine.client, 'sleep 100');
  const always = await run(machine.client, 'sleep 100', { RestartPolicy: { Name: 'always' } });
  await machine.stop();
  for (const id of [plain, always]) {
    await makeOld(machine.record(id, 'state.json'));
    await writeFile(machine.record(id, 'state.json'), text);
  }

  const client = await machine.start();

  expect(await stateOf(client, plain)).toMatchObject({ Status: 'exited', ExitCode: 255, Error: 'its state was lost' });
  await askUntil(
    () => stateOf(client, always),
    ({ Status }) => Status === 'running',
  );
  expect(machine.problems.join()).toContain(`container ${plain}: its state cannot be read, it counts as ended`);
  await machine.stop();
});

test('what a monitor is still making when the next engine starts is not made after all', async () => {
  const machine = await openMachine();
  const body = { Image: 'busybox', Cmd: ['sleep', '100'] };
  const { Id } = await (await machine.client.call('ContainerCreate', { body })).json<{ Id: string }>();
  await machine.stop();
  const status = { state: { name: 'starting', bootId: bootId(), by: 'hand' }, restarts: 0, isStoppedByHand: false };
  await writeFile(machine.record(Id, 'state.json'), JSON.stringify(status));
  const bundle = join(machine.root, 'run/engine/b', Id);
  const monitor = spawn('sh', ['-c', 'while :; do sleep 0.1; done', '-b', bundle], { stdio: 'ignore' });
  const ended = once(monitor, 'exit');

  const client = await machine.start();

  expect((await ended)[1]).toBe('SIGKILL');
  expect(await stateOf(client, Id)).toMatchObject({ Status: 'created' });
  expect(machine.problems.join()).toContain(`container ${Id}: the engine ended while it was started`);
  await machine.stop();
});
