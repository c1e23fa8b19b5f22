import { differing } from './differences.ts';
import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { createContainer, exitCodeOf, framesOf, inspect, runContainer, runUntilReady, touchIn, uniqueName, waiterOf } from '../fixtures.ts';

/** A container from its creation to its removal. */
export function containerConformance(engine: () => EngineUnderTest): void {
  test('a created container has what was asked for', async () => {
    const container = await createContainer(engine(), {
      Cmd: ['echo', 'hi'],
      Env: ['COLOUR=red'],
      Labels: { team: 'web' },
      WorkingDir: '/tmp',
      Hostname: 'box',
      HostConfig: {
        Memory: 64 * 1024 * 1024,
        NanoCpus: 500_000_000,
        PidsLimit: 50,
        RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 },
      },
    });

    const { value } = await inspect(engine(), container);

    expect(value).toMatchObject({
      Id: container.id,
      Name: `/${container.name}`,
      State: { Status: 'created', Running: false, Paused: false, ExitCode: 0, Pid: 0 },
      Path: 'echo',
      Args: ['hi'],
      RestartCount: 0,
      Config: { Hostname: 'box', Cmd: ['echo', 'hi'], Image: 'busybox', Labels: { team: 'web' }, WorkingDir: '/tmp', Tty: false },
      HostConfig: { Memory: 67_108_864, NanoCpus: 500_000_000, PidsLimit: 50, RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } },
    });
    expect((value as { Config: { Env: string[] } }).Config.Env).toEqual(
      expect.arrayContaining(['COLOUR=red', expect.stringMatching(/^PATH=/)]),
    );
  });

  test('a container is started once, runs, and ends with its exit code', async () => {
    const container = await runContainer(engine(), 'while [ ! -e /tmp/go ]; do sleep 0.02; done; exit 7');

    expect(await ask(engine(), `POST /containers/${container.id}/start`)).toMatchObject({ status: 304 });
    expect((await inspect(engine(), container)).value).toMatchObject({ State: { Status: 'running', Running: true } });
    await touchIn(engine(), container, '/tmp/go');
    expect(await exitCodeOf(engine(), container)).toBe(7);
    expect((await inspect(engine(), container)).value).toMatchObject({
      State: {
        Status: 'exited',
        Running: false,
        ExitCode: 7,
        OOMKilled: false,
        Error: '',
        FinishedAt: expect.stringMatching(/^2/) as unknown,
      },
    });
  });

  test('a container is found by its name, its id and a prefix of it', async () => {
    const { id, name } = await createContainer(engine(), {});

    for (const reference of [name, id, id.slice(0, 12), id.slice(0, 20)]) {
      expect((await ask(engine(), `GET /containers/${reference}/json`)).value).toMatchObject({ Id: id });
    }
  });

  test('a container that is not there is named', async () => {
    const lines = [
      'GET /containers/nope/json',
      'POST /containers/nope/start',
      'POST /containers/nope/stop',
      'DELETE /containers/nope',
      'GET /containers/nope/top',
    ] as const;
    for (const line of lines) expect(await ask(engine(), line)).toMatchObject({ status: 404, message: 'No such container: nope' });
  });

  test('a name belongs to one container', async () => {
    const { id, name } = await createContainer(engine(), {});

    expect(await ask(engine(), `POST /containers/create?name=${name}`, { body: { Image: 'busybox' } })).toMatchObject({
      status: 409,
      message: `Conflict. The container name "/${name}" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
    });
  });

  test.each(['-x', 'a', 'a b', 'ä'])('%s is no name', async (name) => {
    expect(await ask(engine(), `POST /containers/create?name=${encodeURIComponent(name)}`, { body: { Image: 'busybox' } })).toMatchObject({
      status: 400,
      message: `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    });
  });

  test('an image that is not there is named with its tag', async () => {
    expect(await ask(engine(), 'POST /containers/create', { body: { Image: 'none-such' } })).toMatchObject({
      status: 404,
      message: 'No such image: none-such:latest',
    });
  });

  test.each([
    ['nothing-of-that-name', /executable file not found/, 'created'],
    ['/etc/passwd', /permission denied/, 'created'],
    ['/nothing/here', /no such file or directory/, 'created'],
  ])('the command %s does not start and says why', async (command, words, status) => {
    const container = await createContainer(engine(), { Cmd: [command] });

    expect(await ask(engine(), `POST /containers/${container.id}/start`)).toMatchObject({
      status: 400,
      message: expect.stringMatching(words) as unknown,
    });
    const { value } = await inspect(engine(), container);
    expect(value).toMatchObject({ State: { Status: status, Running: false, ExitCode: words.source.startsWith('perm') ? 126 : 127 } });
  });

  test('stop is told to the process, and killing follows the grace', async () => {
    const polite = await runUntilReady(engine(), 'trap "exit 3" TERM; echo ready; while :; do sleep 0.05; done');
    const deaf = await runUntilReady(engine(), 'trap "" TERM; echo ready; while :; do sleep 0.05; done');

    expect(await ask(engine(), `POST /containers/${polite.id}/stop`)).toMatchObject({ status: 204 });
    expect(await ask(engine(), `POST /containers/${deaf.id}/stop?t=1`)).toMatchObject({ status: 204 });
    expect((await inspect(engine(), polite)).value).toMatchObject({ State: { Status: 'exited', ExitCode: 3 } });
    expect((await inspect(engine(), deaf)).value).toMatchObject({ State: { Status: 'exited', ExitCode: 137 } });
    expect(await ask(engine(), `POST /containers/${polite.id}/stop`)).toMatchObject({ status: 304 });
  });

  test('kill sends any signal, by name or number, to a running container only', async () => {
    const container = await runUntilReady(engine(), 'trap "exit 5" USR1; echo ready; while :; do sleep 0.05; done');

    expect(await ask(engine(), `POST /containers/${container.id}/kill?signal=NOPE`)).toMatchObject({
      status: 400,
      message: expect.stringMatching(/invalid signal: NOPE/i) as unknown,
    });
    expect(await ask(engine(), `POST /containers/${container.id}/kill?signal=SIGUSR1`)).toMatchObject({ status: 204 });
    expect(await exitCodeOf(engine(), container)).toBe(5);
    expect(await ask(engine(), `POST /containers/${container.id}/kill`)).toMatchObject({
      status: 409,
      message: expect.stringMatching(new RegExp(`container.* ${container.id} is not running`, 'i')) as unknown,
    });
  });

  test('a kill without another signal is answered when the container has ended', async () => {
    const container = await runContainer(engine(), 'trap "" TERM; sleep 60');

    expect(await ask(engine(), `POST /containers/${container.id}/kill`)).toMatchObject({ status: 204 });
    expect((await inspect(engine(), container)).value).toMatchObject({ State: { Status: 'exited', Running: false, ExitCode: 137 } });
  });

  test('a paused container stands still until it goes on', async () => {
    const container = await runContainer(engine(), 'sleep 60');

    expect(await ask(engine(), `POST /containers/${container.id}/pause`)).toMatchObject({ status: 204 });
    expect((await inspect(engine(), container)).value).toMatchObject({ State: { Status: 'paused', Paused: true, Running: true } });
    expect(await ask(engine(), `POST /containers/${container.id}/pause`)).toMatchObject({
      status: 409,
      message: expect.stringMatching(/already paused/) as unknown,
    });
    expect(await ask(engine(), `POST /containers/${container.id}/unpause`)).toMatchObject({ status: 204 });
    expect(await ask(engine(), `POST /containers/${container.id}/unpause`)).toMatchObject({
      status: differing('statusOfNeedlessUnpause', engine()),
      message: expect.stringMatching(/is not paused/i) as unknown,
    });
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });

  test('a restart gives it another process', async () => {
    const container = await runContainer(engine(), 'sleep 60');
    const before = (await inspect(engine(), container)).value as { State: { Pid: number; StartedAt: string } };

    expect(await ask(engine(), `POST /containers/${container.id}/restart?t=0`)).toMatchObject({ status: 204 });

    const after = (await inspect(engine(), container)).value as typeof before;
    expect(after.State.Pid).not.toBe(before.State.Pid);
    expect(after.State.StartedAt > before.State.StartedAt).toBe(true);
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });

  test('a new name is taken, the old one is free', async () => {
    const container = await createContainer(engine(), {});
    const name = uniqueName();

    expect(await ask(engine(), `POST /containers/${container.id}/rename?name=${name}`)).toMatchObject({ status: 204 });
    expect(await ask(engine(), `GET /containers/${name}/json`)).toMatchObject({ status: 200 });
    expect(await ask(engine(), `GET /containers/${container.name}/json`)).toMatchObject({ status: 404 });
    expect((await ask(engine(), `POST /containers/${container.id}/rename?name=-`)).status).toBe(400);
  });

  test('a running container is removed by force only', async () => {
    const container = await runContainer(engine(), 'sleep 60');

    expect(await ask(engine(), `DELETE /containers/${container.id}`)).toMatchObject({
      status: 409,
      message: expect.stringMatching(/cannot remove .*running.*(stop the container|force remove)/is) as unknown,
    });
    expect(await ask(engine(), `DELETE /containers/${container.id}?force=1`)).toMatchObject({ status: 204 });
    expect(await ask(engine(), `GET /containers/${container.id}/json`)).toMatchObject({ status: 404 });
  });

  test('a container that removes itself is gone after its end', async () => {
    const container = await createContainer(engine(), { Cmd: ['sh', '-c', 'exit 4'], HostConfig: { AutoRemove: true } });
    const { answer: removed } = await waiterOf(engine(), container, 'removed');

    await ask(engine(), `POST /containers/${container.id}/start`);

    expect((await removed).value).toMatchObject({ StatusCode: 4 });
    expect(await ask(engine(), `GET /containers/${container.id}/json`)).toMatchObject({ status: 404 });
  });

  test('wait knows three conditions', async () => {
    const container = await createContainer(engine(), { Cmd: ['true'] });

    expect(await ask(engine(), `POST /containers/${container.id}/wait`)).toMatchObject({ status: 200, value: { StatusCode: 0 } });
    expect((await ask(engine(), `POST /containers/${container.id}/wait?condition=never`)).status).toBe(
      differing('statusOfUnknownCondition', engine()),
    );
  });

  test('limits reach the kernel', async () => {
    const limits = { Memory: 32 * 1024 * 1024, CpuPeriod: 100_000, CpuQuota: 20_000, PidsLimit: 7, CpusetCpus: '0' };
    const script =
      'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; grep Cpus_allowed_list /proc/self/status';
    const container = await runContainer(engine(), script, { HostConfig: limits });
    await exitCodeOf(engine(), container);

    const { stdout } = framesOf((await ask(engine(), `GET /containers/${container.id}/logs?stdout=1`)).body);

    expect(stdout).toMatch(/^33554432$/m);
    expect(stdout).toMatch(/^7$/m);
    expect(stdout).toMatch(/Cpus_allowed_list:\t0$/m);
  });

  test('a process that takes more memory than it may is killed and it is said', async () => {
    // dockerd hears of it from its shim by another way than of the end.
    const container = await runContainer(engine(), 'head -c 200m /dev/zero | tail; code=$?; sleep 1; exit $code', {
      HostConfig: { Memory: 16 * 1024 * 1024, MemorySwap: 16 * 1024 * 1024 },
    });

    await exitCodeOf(engine(), container);

    expect((await inspect(engine(), container)).value).toMatchObject({ State: { Status: 'exited', OOMKilled: true, ExitCode: 137 } });
  });

  test('limits of a running container are changed', async () => {
    const container = await runContainer(engine(), 'sleep 60');

    const { status } = await ask(engine(), `POST /containers/${container.id}/update`, {
      body: { Memory: 64 * 1024 * 1024, MemorySwap: 128 * 1024 * 1024 },
      as: 'ContainerUpdateResponse',
    });

    expect(status).toBe(200);
    expect((await inspect(engine(), container)).value).toMatchObject({ HostConfig: { Memory: 67_108_864 } });
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });
}
