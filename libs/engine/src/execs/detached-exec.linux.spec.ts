import { statSync } from 'node:fs';
import { eventually } from '@gantry/base/testing';
import { noBytes } from '@gantry/engine-api';
import { openTestEngine, type TestEngine } from '../testing/open-test-engine.ts';

let under: TestEngine;
beforeAll(async () => {
  under = await openTestEngine();
});
afterAll(() => under[Symbol.asyncDispose]());

async function running(config: Readonly<Record<string, unknown>>): Promise<string> {
  const body = { Image: 'busybox', Cmd: ['sleep', '60'], ...config };
  const { Id } = await (await under.client.call('ContainerCreate', { body })).json<{ Id: string }>();
  await under.client.call('ContainerStart', { path: { id: Id } });
  return Id;
}

async function execId(id: string, Cmd: readonly string[]): Promise<string> {
  const body = { Cmd, AttachStdout: true, AttachStderr: true };
  return (await (await under.client.call('ContainerExec', { path: { id }, body })).json<{ Id: string }>()).Id;
}

async function detached(id: string, script: string): Promise<void> {
  await under.client.call('ExecStart', { path: { id: await execId(id, ['sh', '-c', script]) }, body: { Detach: true } });
}

async function fileIn(id: string, path: string): Promise<string> {
  const { open } = await under.client.open('ExecStart', { path: { id: await execId(id, ['cat', path]) }, body: {} });
  return Buffer.concat(await Array.fromAsync(open(noBytes))).toString('latin1');
}

// Found by hand: crun gave the owner of the exec the host's /dev/null, which conmon had put on its standard input, and `chmod` reached it.
test('a detached exec has no file of the host on its descriptors, and its input is at its end', async () => {
  const before = statSync('/dev/null');
  const id = await running({ User: '1234' });

  await detached(
    id,
    'cd /tmp; cat >said; for fd in 0 1 2; do stat -Lc %d:%i /proc/self/fd/$fd; chmod 640 /proc/self/fd/$fd; done >ids 2>&1; echo done >>ids',
  );

  await eventually(async () => expect(await fileIn(id, '/tmp/ids')).toContain('done'));
  expect((await fileIn(id, '/tmp/ids')).split('\n')).not.toContain(`${before.dev}:${before.ino}`);
  const after = statSync('/dev/null');
  expect([after.mode & 0o777, after.uid === 1234]).toEqual([0o666, false]);
});

test('the first process of a container has no file of the host on its descriptors', async () => {
  const { dev, ino } = statSync('/dev/null');
  const id = await running({
    Cmd: ['sh', '-c', 'for fd in 0 1 2; do stat -Lc %d:%i /proc/self/fd/$fd; done >/ids; echo done >>/ids; sleep 60'],
  });

  await eventually(async () => expect(await fileIn(id, '/ids')).toContain('done'));
  expect((await fileIn(id, '/ids')).split('\n')).not.toContain(`${dev}:${ino}`);
});
