import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryDirectory } from '@gantry/base/testing';
import { Failure } from '@gantry/base';
import { demultiplex, noBytes } from '@gantry/engine-api';
import { askUntil, peerPath } from '@gantry/engine-api/testing';
import { openTestEngine, type TestEngine } from '../testing/open-test-engine.ts';

const opened = new AsyncDisposableStack();
let engine: TestEngine;
let cdi: string;

beforeAll(async () => {
  cdi = opened.use(await temporaryDirectory()).path;
  await mkdir(join(cdi, 'cdi'));
  await writeFile(join(cdi, 'cdi', 'broken.json'), '{}');
  await writeFile(join(cdi, 'cdi', 'nvidia.json'), JSON.stringify(specification));
  await writeFile(join(cdi, 'cdi', 'acme.yaml'), inYaml);
  const runc = join(peerPath('runc').split(':')[0] ?? '', 'runc');
  const counted = join(cdi, 'counted');
  await writeFile(counted, `#!/bin/sh\necho "$*" >>${cdi}/calls\nexec ${runc} "$@"\n`, { mode: 0o755 });
  engine = opened.use(
    await openTestEngine({
      cdiSpecDirectories: [join(cdi, 'cdi')],
      runtimes: { other: { path: runc, runtimeArgs: ['--log-format', 'json'] }, counted: { path: counted, runtimeArgs: [] } },
    }),
  );
});
afterAll(() => opened.disposeAsync());

/** A device that every machine has, as if it were a GPU. */
const specification = {
  cdiVersion: '0.6.0',
  kind: 'nvidia.com/gpu',
  containerEdits: { env: ['DRIVER=fake'], mounts: [{ hostPath: '/etc/hostname', containerPath: '/driver', options: ['ro', 'bind'] }] },
  devices: [
    { name: '0', containerEdits: { env: ['GPU=0'], deviceNodes: [{ path: '/dev/gpu0', hostPath: '/dev/zero' }] } },
    { name: '1', containerEdits: { env: ['GPU=1'], deviceNodes: [{ path: '/dev/gpu1', hostPath: '/dev/zero', permissions: 'r' }] } },
  ],
};

const inYaml = `# as a vendor's tool writes it
cdiVersion: "0.5.0"
kind: acme.example/disk
devices:
- name: "0"
  containerEdits:
    env: [DRIVER=acme]
    deviceNodes:
    - path: /dev/gpu-of-acme
      hostPath: /dev/zero
      permissions: rw
`;

async function outputOf(script: string, host: object): Promise<string> {
  const body = { Image: 'busybox', Cmd: ['sh', '-c', script], HostConfig: host };
  const { Id: id } = await (await engine.client.call('ContainerCreate', { body })).json<{ Id: string }>();
  await engine.client.call('ContainerStart', { path: { id } });
  await (await engine.client.call('ContainerWait', { path: { id } })).text();
  let text = '';
  const logs = await engine.client.call('ContainerLogs', { path: { id }, query: { stdout: true, stderr: true } });
  for await (const { bytes } of demultiplex(logs.bytes)) text += Buffer.from(bytes).toString();
  return text.trim();
}

const gpus = (request: object) => ({ DeviceRequests: [{ Capabilities: [['gpu']], ...request }] });

test.each([
  ['a count', gpus({ Count: 2 }), '/dev/gpu0 /dev/gpu1 1 fake'],
  ['all', gpus({ Count: -1 }), '/dev/gpu0 /dev/gpu1 1 fake'],
  ['an id', gpus({ DeviceIDs: ['1'] }), '/dev/gpu1 1 fake'],
  [
    'the name of one that is described in YAML',
    { DeviceRequests: [{ Driver: 'cdi', DeviceIDs: ['acme.example/disk=0'] }] },
    '/dev/gpu-of-acme acme\nclosed',
  ],
  ['its full name', { DeviceRequests: [{ Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=0'] }] }, '/dev/gpu0 0 fake'],
])('a device of a CDI specification is chosen by %s', async (_by, host, said) => {
  expect(await outputOf('echo /dev/gpu* $GPU $DRIVER; head -c 1 /dev/gpu* >/dev/null && test -s /driver || echo closed', host)).toBe(said);
  expect(engine.problems.join()).toMatch(/broken\.json is no CDI specification/);
});

test('a device that no specification has is named', async () => {
  await expect(outputOf('true', gpus({ DeviceIDs: ['7'] }))).rejects.toThrow(
    'CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=7',
  );
  await expect(outputOf('true', { DeviceRequests: [{ Driver: 'other', Count: 1 }] })).rejects.toThrow(
    'could not select device driver "other" with capabilities: []',
  );
});

test('a container runs in the runtime that it asks for, and an exec as well', async () => {
  const body = { Image: 'busybox', Cmd: ['sleep', '60'], HostConfig: { Runtime: 'other', Memory: 33_554_432 } };
  const { Id: id } = await (await engine.client.call('ContainerCreate', { body })).json<{ Id: string }>();
  await engine.client.call('ContainerStart', { path: { id } });

  expect(await (await engine.client.call('ContainerInspect', { path: { id } })).json()).toMatchObject({
    State: { Status: 'running' },
    HostConfig: { Runtime: 'other' },
  });
  const exec = await engine.client.call('ContainerExec', { path: { id }, body: { Cmd: ['sh', '-c', 'exit 7'], AttachStdout: true } });
  const { Id } = await exec.json<{ Id: string }>();
  const { open } = await engine.client.open('ExecStart', { path: { id: Id }, body: {} });
  for await (const chunk of open(noBytes)) expect(chunk).toHaveLength(0);
  expect(await (await engine.client.call('ExecInspect', { path: { id: Id } })).json()).toMatchObject({ ExitCode: 7 });
  await engine.client.call('ContainerUpdate', { path: { id }, body: { Memory: 67_108_864, MemorySwap: 67_108_864 } });
  await engine.client.call('ContainerPause', { path: { id } });
  await engine.client.call('ContainerUnpause', { path: { id } });
  await engine.client.call('ContainerStop', { path: { id }, query: { t: 0 } });
  expect(await (await engine.client.call('ContainerInspect', { path: { id } })).json()).toMatchObject({ State: { ExitCode: 137 } });
});

test('another runtime is asked once to delete a container', async () => {
  for (const host of [
    { Runtime: 'counted' },
    { Runtime: 'counted', DeviceRequests: [{ Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=0'] }] },
  ]) {
    expect(await outputOf('echo ran', host)).toBe('ran');
  }
  const deletions = async (): Promise<string[]> =>
    (await readFile(join(cdi, 'calls'), 'utf8')).split('\n').filter((line) => / delete /.test(line));
  await askUntil(deletions, (lines) => lines.length >= 2);
  await sleep(300);
  expect(await deletions()).toHaveLength(2);
});

test('what another runtime refuses is told', async () => {
  const refusal = await outputOf('true', { Runtime: 'other', Sysctls: { 'kernel.pid_max': '99' } }).catch((thrown: unknown) =>
    Failure.from(thrown),
  );

  expect(refusal).toMatchObject({
    message: expect.stringContaining('sysctl "kernel.pid_max" is not in a separate kernel namespace') as string,
  });
});
