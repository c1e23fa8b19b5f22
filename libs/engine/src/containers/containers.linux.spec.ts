import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { closedAfterEach } from '@gantry/base/testing';
import { type Answer, demultiplex, noBytes } from '@gantry/engine-api';
import { askUntil } from '@gantry/engine-api/testing';
import { openNativeEngine } from '../native-engine.ts';
import { defaultEngineConfig } from '../config.ts';
import { eventsOf, isReady } from '../testing/container-client.ts';
import { busyboxImage, dockerArchive } from '../testing/image-archives.ts';
import { openTestEngine, type TestEngine } from '../testing/open-test-engine.ts';
import { testPool } from '../testing/test-pool.ts';

let engine: TestEngine;
const opened = closedAfterEach();
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

interface Inspected {
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly Error: string;
    readonly Pid: number;
    readonly StartedAt: string;
  };
  readonly RestartCount: number;
  readonly LogPath: string;
  readonly Name: string;
}

type Body = Record<string, unknown>;
const shell = (script: string, more: Body = {}): Body => ({ Image: 'busybox', Cmd: ['sh', '-c', script], ...more });

async function create(body: Body, name?: string): Promise<string> {
  const answer = await engine.client.call('ContainerCreate', { body, query: { name } });
  return (await answer.json<{ Id: string }>()).Id;
}

async function run(body: Body, name?: string): Promise<string> {
  const id = await create(body, name);
  await engine.client.call('ContainerStart', { path: { id } });
  return id;
}

const inspect = async (id: string): Promise<Inspected> =>
  (await engine.client.call('ContainerInspect', { path: { id } })).json<Inspected>();

async function wait(id: string, condition = ''): Promise<number> {
  return (await (await engine.client.call('ContainerWait', { path: { id }, query: { condition } })).json<{ StatusCode: number }>())
    .StatusCode;
}

async function textOf(answer: Answer): Promise<{ stdout: string; stderr: string }> {
  const text = { stdout: '', stderr: '' };
  for await (const { stream, bytes } of demultiplex(answer.bytes)) {
    if (stream === 'stdout' || stream === 'stderr') text[stream] += Buffer.from(bytes).toString();
  }
  return text;
}

async function logs(
  id: string,
  query: { follow?: boolean; tail?: string; timestamps?: boolean } = {},
): Promise<{ stdout: string; stderr: string }> {
  return textOf(await engine.client.call('ContainerLogs', { path: { id }, query: { stdout: true, stderr: true, ...query } }));
}

async function ended(body: Body): Promise<{ code: number; stdout: string; stderr: string }> {
  const id = await run(body);
  return { code: await wait(id), ...(await logs(id)) };
}

test('a container keeps both outputs and its exit code', async () => {
  expect(await ended(shell('echo out; echo err >&2; exit 3'))).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' });
});

test('a container has what Docker gives it: capabilities, seccomp, its name, its files', async () => {
  const { stdout } = await ended(
    shell('grep -E "CapEff|^Seccomp:" /proc/self/status; hostname; ls /.dockerenv; unshare -m true || echo no'),
  );

  expect(stdout).toMatch(/CapEff:\s+00000000a80425fb\nSeccomp:\s+2\n[0-9a-f]{12}\n\/\.dockerenv\nno\n/);
});

test.each([
  [{ Cmd: ['nowhere'] }, 'exec: "nowhere": executable file not found in $PATH', 127],
  [{ Cmd: ['/nowhere'] }, 'exec: "/nowhere": stat /nowhere: no such file or directory', 127],
  [{ Cmd: ['/tmp'] }, 'exec: "/tmp": permission denied', 126],
])('starting %j is refused in the words from which the CLI derives its code', async (command, words, code) => {
  const id = await create({ Image: 'busybox', ...command });

  await expect(engine.client.call('ContainerStart', { path: { id } })).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining(words) as string,
  });
  expect((await inspect(id)).State).toMatchObject({ Status: 'created', ExitCode: code });
});

test('a container over its memory is killed and says so', async () => {
  const id = await run(shell('tail /dev/zero', { HostConfig: { Memory: 16 * 1024 * 1024, MemorySwap: 16 * 1024 * 1024 } }));

  expect(await wait(id)).toBe(137);
  expect((await inspect(id)).State.OOMKilled).toBe(true);
});

test('limits of CPUs and processes are those of the request, and change while it runs', async () => {
  const id = await run(shell('sleep 60', { HostConfig: { NanoCpus: 500_000_000, PidsLimit: 20, CpusetCpus: '0' } }));
  const group = (controller: string, file: string): Promise<string> =>
    readFile(`/sys/fs/cgroup/${controller}/gantry/${engine.engine.instance}/${id}/${file}`, 'utf8');

  expect(await Promise.all([group('cpu', 'cpu.cfs_quota_us'), group('pids', 'pids.max'), group('cpuset', 'cpuset.cpus')])).toEqual([
    '50000\n',
    '20\n',
    '0\n',
  ]);
  await engine.client.call('ContainerUpdate', { path: { id }, body: { NanoCpus: 250_000_000 } });
  expect(await group('cpu', 'cpu.cfs_quota_us')).toBe('25000\n');
});

test('a log is followed to the end of the run, and its tail is counted in lines', async () => {
  const id = await run(shell('for i in 1 2 3 4; do echo $i; sleep 0.05; done'));

  expect((await logs(id, { follow: true })).stdout).toBe('1\n2\n3\n4\n');
  expect((await logs(id, { tail: '2' })).stdout).toBe('3\n4\n');
  expect((await logs(id, { tail: '1', timestamps: true })).stdout).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z 4\n$/);
});

test('rotation by max-size loses no line for a follower', async () => {
  const id = await create(
    shell('i=0; while [ $i -lt 3000 ]; do echo line number $i of the log; i=$((i+1)); [ $((i%300)) = 0 ] && sleep 0.25; done', {
      HostConfig: { LogConfig: { Type: 'json-file', Config: { 'max-size': '20k', 'max-file': '3' } } },
    }),
  );
  await engine.client.call('ContainerStart', { path: { id } });
  const { stdout } = await logs(id, { follow: true });

  expect(stdout.trimEnd().split('\n')).toEqual(Array.from({ length: 3000 }, (_, at) => `line number ${at} of the log`));
  const { LogPath } = await inspect(id);
  expect((await readdir(join(LogPath, '..'))).filter((name) => name.startsWith('ctr.log')).length).toBeLessThanOrEqual(3);
});

test('stop asks first and kills after the grace; stopping again changes nothing', async () => {
  const polite = await run(shell('trap "exit 5" TERM; echo ready; while :; do sleep 0.05; done'));
  const stubborn = await run(shell('trap "" TERM; echo ready; while :; do sleep 1; done'));
  for (const id of [polite, stubborn]) await isReady(engine.client, id);

  expect((await engine.client.call('ContainerStop', { path: { id: polite } })).status).toBe(204);
  await engine.client.call('ContainerStop', { path: { id: stubborn }, query: { t: 0 } });
  expect((await engine.client.call('ContainerStop', { path: { id: polite } })).status).toBe(304);
  expect([(await inspect(polite)).State.ExitCode, (await inspect(stubborn)).State.ExitCode]).toEqual([5, 137]);
});

test('starting a running container changes nothing', async () => {
  const id = await run(shell('sleep 60'));
  const { State } = await inspect(id);

  expect((await engine.client.call('ContainerStart', { path: { id } })).status).toBe(304);
  expect((await inspect(id)).State).toEqual(State);
});

test('a paused container stands still and can be killed', async () => {
  const id = await run(shell('while :; do echo x; sleep 0.02; done'));
  await engine.client.call('ContainerPause', { path: { id } });
  expect((await inspect(id)).State.Status).toBe('paused');
  // Its monitor, which is not frozen, may still be writing down what it has said.
  const settled = async (): Promise<number> => {
    const before = (await logs(id)).stdout.length;
    await sleep(150);
    return (await logs(id)).stdout.length - before;
  };
  await askUntil(settled, (more) => more === 0);

  await engine.client.call('ContainerKill', { path: { id } });
  expect(await wait(id)).toBe(137);
});

test('on-failure restarts as often as it may and then stays', async () => {
  const id = await run(shell('exit 4', { HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } } }));

  const ended = await askUntil(
    () => inspect(id),
    ({ State }) => State.Status === 'exited',
  );
  expect(ended).toMatchObject({ RestartCount: 2, State: { ExitCode: 4 } });
});

test('stop ends a container that policy would start again', async () => {
  const id = await run(shell('exit 1', { HostConfig: { RestartPolicy: { Name: 'always' } } }));
  await sleep(300);
  await engine.client.call('ContainerStop', { path: { id }, query: { t: 1 } });
  await sleep(400);

  expect((await inspect(id)).State.Status).toBe('exited');
});

test('an auto-removed container answers its code to who waits for the removal', async () => {
  const id = await create(shell('exit 6', { HostConfig: { AutoRemove: true } }));
  const waiting = wait(id, 'removed');
  await engine.client.call('ContainerStart', { path: { id } });

  expect(await waiting).toBe(6);
  await expect(inspect(id)).rejects.toMatchObject({ code: 'not-found', message: `No such container: ${id}` });
});

test('a running container that removes itself is removed by force, and a second removal is told of the first', async () => {
  const id = await run(shell('sleep 60', { HostConfig: { AutoRemove: true } }));
  const remove = (): Promise<Answer> => engine.client.call('ContainerDelete', { path: { id }, query: { force: true } });

  const [first, second] = await Promise.allSettled([remove(), remove()]);

  expect(first).toMatchObject({ status: 'fulfilled', value: { status: 204 } });
  const message = expect.stringMatching(/^removal of container \S+ is already in progress$/) as string;
  expect(second).toMatchObject({ status: 'rejected', reason: { code: 'conflict', message } });
  await expect(inspect(id)).rejects.toMatchObject({ code: 'not-found' });
});

test('a removal that was refused can be asked for again', async () => {
  const id = await run(shell('sleep 60'));
  const remove = (force: boolean): Promise<Answer> => engine.client.call('ContainerDelete', { path: { id }, query: { force } });

  await expect(remove(false)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('running') as string });
  expect((await remove(true)).status).toBe(204);
});

test('what the engine does to start a container is no change of its files', async () => {
  const id = await run(shell('sleep 60'));

  expect(await (await engine.client.call('ContainerChanges', { path: { id } })).json()).toBeNull();
});

test('a name is given once, found without slash, and can be changed', async () => {
  await create(shell('true'), 'first');

  await expect(create(shell('true'), 'first')).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('"/first" is already in use') as string,
  });
  await engine.client.call('ContainerRename', { path: { id: 'first' }, query: { name: 'second' } });
  expect((await inspect('second')).Name).toBe('/second');
});

test('binds, tmpfs and an anonymous volume are where they were asked for', async () => {
  const host = join(engine.root, 'shared');
  await mkdir(host);
  await writeFile(join(host, 'file'), 'from the host');
  const mounts = { Binds: [`${host}:/mnt:ro`], Tmpfs: { '/scratch': 'size=64k' } };

  const { stdout } = await ended(
    shell(
      'cat /mnt/file; echo; touch /mnt/x 2>/dev/null || echo read-only; df -k /scratch | tail -1 | awk "{print \\$2}"; touch /data/x && echo kept',
      {
        HostConfig: mounts,
        Volumes: { '/data': {} },
      },
    ),
  );
  expect(stdout).toBe('from the host\nread-only\n64\nkept\n');
  await rm(host, { recursive: true });
});

test('user, directory, limits and protections of the request reach the process', async () => {
  const HostConfig = {
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    ShmSize: 1024 * 1024,
    Ulimits: [{ Name: 'nofile', Soft: 1000, Hard: 2000 }],
    SecurityOpt: ['no-new-privileges'],
    NetworkMode: 'none',
  };
  const script =
    'pwd; id -u; touch /x 2>/dev/null || echo read-only; ulimit -n; ls /sys/class/net; grep -E "CapBnd|NoNew" /proc/self/status; df -k /dev/shm | tail -1';
  const { stdout } = await ended(shell(script, { WorkingDir: '/tmp', User: '1000:1000', HostConfig }));

  expect(stdout.replace(/[\t ]+/g, ' ')).toBe(
    '/tmp\n1000\nread-only\n1000\nlo\nCapBnd: 0000000000000000\nNoNewPrivs: 1\nshm 1024 0 1024 0% /dev/shm\n',
  );
});

test('a shareable container shares its memory, any other refuses', async () => {
  const donor = await run(shell('echo shared > /dev/shm/f; sleep 60', { HostConfig: { IpcMode: 'shareable' } }));

  expect(
    (
      await ended(
        shell('while [ ! -s /dev/shm/f ]; do sleep 0.05; done; cat /dev/shm/f', { HostConfig: { IpcMode: `container:${donor}` } }),
      )
    ).stdout,
  ).toBe('shared\n');
  const other = await run(shell('sleep 60'));
  const joining = await create(shell('true', { HostConfig: { IpcMode: `container:${other}` } }));
  await expect(engine.client.call('ContainerStart', { path: { id: joining } })).rejects.toThrow('non-shareable IPC');
});

test('an attached client that came before the start reads the first byte and types to the end', async () => {
  const id = await create({ Image: 'busybox', Cmd: ['sh', '-c', 'echo first; cat'], OpenStdin: true, StdinOnce: true });
  const { open } = await engine.client.open('ContainerAttach', { path: { id }, query: { stream: true, stdin: true, stdout: true } });
  const typing = (async function* () {
    yield await Promise.resolve(Buffer.from('typed'));
  })();
  const output = open(typing);
  await engine.client.call('ContainerStart', { path: { id } });
  let text = '';
  for await (const { bytes } of demultiplex(output)) text += Buffer.from(bytes).toString();

  expect(text).toBe('first\ntyped');
  expect(await wait(id)).toBe(0);
});

test('exec runs beside the process, as another user, and answers its code', async () => {
  const id = await run(shell('sleep 60'));
  const exec = async (body: Body): Promise<string> =>
    (
      await (
        await engine.client.call('ContainerExec', { path: { id }, body: { AttachStdout: true, AttachStderr: true, ...body } })
      ).json<{ Id: string }>()
    ).Id;
  const start = async (exec: string): Promise<string> => {
    const { open } = await engine.client.open('ExecStart', { path: { id: exec }, body: {} });
    let text = '';
    for await (const { bytes } of demultiplex(open(noBytes))) text += Buffer.from(bytes).toString();
    return text;
  };
  const code = async (exec: string): Promise<unknown> =>
    (await (await engine.client.call('ExecInspect', { path: { id: exec } })).json<{ ExitCode: number }>()).ExitCode;

  const first = await exec({ Cmd: ['sh', '-c', 'id -u; echo $A; exit 9'], User: '1000', Env: ['A=b'] });
  expect(await start(first)).toBe('1000\nb\n');
  expect(await code(first)).toBe(9);
  const absent = await exec({ Cmd: ['nowhere'] });
  expect(await start(absent)).toBe(
    'OCI runtime exec failed: exec failed: unable to start container process: exec: "nowhere": executable file not found in $PATH: unknown\r\n',
  );
  expect(await code(absent)).toBe(127);
});

test('events tell a life in order: die, network disconnect, destroy', async () => {
  const id = await run(shell('exit 0', { HostConfig: { AutoRemove: true } }));
  await wait(id, 'removed').catch(() => 0);
  const own = await askUntil(
    async () => (await eventsOf(engine.client, id)).map(({ Type, Action }) => `${Type} ${Action}`),
    (told) => told.includes('container destroy'),
  );

  expect(own).toEqual([
    'container create',
    'network connect',
    'container start',
    'container die',
    'network disconnect',
    'container destroy',
  ]);
});

test('an image whose /dev is a link is refused, and nothing is made where it points', async () => {
  const image = await busyboxImage();
  const archive = await dockerArchive([{ image, tags: ['trap:latest'] }]);
  await (await engine.client.call('ImageLoad', { body: archive })).text();
  const id = await create({ Image: 'trap', Cmd: ['true'] });
  const upper = join(engine.root, 'data/engine/rw', id, 'u');
  await rm(join(upper, 'dev'), { recursive: true, force: true });
  await symlink('/tmp', join(upper, 'dev'));

  await expect(engine.client.call('ContainerStart', { path: { id } })).rejects.toThrow('its /dev is not a directory');
});

test('a second engine on the same roots is refused and names the first', async () => {
  const roots = { dataRoot: join(engine.root, 'data'), runRoot: join(engine.root, 'run') };

  await expect(openNativeEngine({ ...roots, config: defaultEngineConfig })).rejects.toThrow(`another engine (pid ${process.pid}) runs`);
});

test('two engines do not see each other', async () => {
  const other = opened.use(await openTestEngine({ addressPools: [testPool(216)] }));
  await run(shell('sleep 60'), 'mine');

  expect(await (await other.client.call('ContainerList', { query: { all: true } })).json()).toEqual([]);
});
