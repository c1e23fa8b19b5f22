import { type Bytes, noBytes, pulledBytes } from '@gantry/engine-api';
import { askUntil } from '@gantry/engine-api/testing';
import { createIn, eventsOf, inspectIn, runIn } from '../testing/container-client.ts';
import { openTestEngine, type TestEngine } from '../testing/open-test-engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

/** Ctrl-P Ctrl-Q. */
async function* leaving(): Bytes {
  yield await Promise.resolve(Buffer.from([0x10, 0x11]));
}

const toEnd = (output: Bytes): Promise<unknown> => Array.fromAsync(output);

test('who leaves a terminal by the detach keys leaves it running, and that is told', async () => {
  const id = await runIn(engine.client, { Image: 'busybox', Cmd: ['cat'], Tty: true, OpenStdin: true });
  const attached = await engine.client.open('ContainerAttach', { path: { id }, query: { stream: true, stdin: true, stdout: true } });
  await toEnd(attached.open(leaving()));

  const body = { Cmd: ['cat'], Tty: true, AttachStdin: true, AttachStdout: true };
  const { Id: exec } = await (await engine.client.call('ContainerExec', { path: { id }, body })).json<{ Id: string }>();
  const started = await engine.client.open('ExecStart', { path: { id: exec }, body: { Tty: true } });
  await toEnd(started.open(leaving()));

  const actions = (await eventsOf(engine.client, id)).map(({ Action }) => Action);
  expect(actions).toEqual(expect.arrayContaining(['attach', 'detach', 'exec_detach']));
  expect((await inspectIn(engine.client, id)).State.Status).toBe('running');
  const running = await (await engine.client.call('ExecInspect', { path: { id: exec } })).json<{ Running: boolean }>();
  expect(running.Running).toBe(true);
});

test('input that an attach or exec has no use for is given back, so that nobody waits for the client to end it', async () => {
  const given: string[] = [];
  const open = (name: string): Bytes =>
    pulledBytes(
      () => new Promise(() => undefined),
      () => given.push(name),
    );
  const id = await runIn(engine.client, { Image: 'busybox', Cmd: ['sleep', '60'] });
  const attached = await engine.client.open('ContainerAttach', { path: { id }, query: { stream: true, stdout: true } });
  const output = attached.open(open('attach'));
  expect(given).toEqual(['attach']);

  const body = { Cmd: ['true'], AttachStdout: true };
  const { Id: exec } = await (await engine.client.call('ContainerExec', { path: { id }, body })).json<{ Id: string }>();
  const started = await engine.client.open('ExecStart', { path: { id: exec }, body: {} });
  await toEnd(started.open(open('exec')));
  expect(given).toEqual(['attach', 'exec']);
  await engine.client.call('ContainerKill', { path: { id } });
  await toEnd(output);
});

test('a client that is gone without them is no detach', async () => {
  const id = await createIn(engine.client, { Image: 'busybox', Cmd: ['sh', '-c', 'sleep 0.3'], Tty: true, OpenStdin: true });
  const { open } = await engine.client.open('ContainerAttach', { path: { id }, query: { stream: true, stdin: true, stdout: true } });
  const output = open(noBytes);
  await engine.client.call('ContainerStart', { path: { id } });
  await toEnd(output);

  const actions = await askUntil(
    async () => (await eventsOf(engine.client, id)).map(({ Action }) => Action),
    (told) => told.includes('die'),
  );
  expect(actions).not.toContain('detach');
});
