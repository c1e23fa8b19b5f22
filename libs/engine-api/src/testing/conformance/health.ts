import { askUntil } from '../ask-until.ts';
import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { type Container, inspect, runContainer, touchIn } from '../fixtures.ts';

interface Health {
  readonly Status: string;
  readonly FailingStreak: number;
  readonly Log: readonly { readonly ExitCode: number; readonly Output: string }[];
}

const ms = 1_000_000;

/** Health checks: how they are run, shown, told and chosen by. */
export function healthConformance(engine: () => EngineUnderTest): void {
  const idle = 'trap "exit 0" TERM; while :; do sleep 0.1; done';
  const run = (Test: readonly string[], more: object = {}): Promise<Container> =>
    runContainer(engine(), idle, { Healthcheck: { Test, Interval: 200 * ms, ...more } });
  const healthOf = async (container: Container): Promise<Health | undefined> =>
    ((await inspect(engine(), container)).value as { State: { Health?: Health } }).State.Health;
  const becomes = (container: Container, status: string): Promise<Health | undefined> =>
    askUntil(
      () => healthOf(container),
      (health) => health?.Status === status,
    );
  const rowOf = async ({ id }: Container, health: string): Promise<unknown> => {
    const filters = encodeURIComponent(JSON.stringify({ id: [id], health: [health] }));
    return (await ask(engine(), `GET /containers/json?all=1&filters=${filters}`, { as: 'ContainerSummary[]' })).value;
  };

  test('a container is starting, healthy while its check succeeds, and no longer when it is paused or ended', async () => {
    // dockerd 20.10 answers no inspection of a paused container while a check hangs that was just starting when it was frozen (ContainerExecStart holds
    // the lock of the container's execs): there the pause is to come well before the next check.
    const container = await run(['CMD-SHELL', 'while [ ! -e /tmp/go ]; do sleep 0.05; done; echo said'], {
      Interval: (engine().kind === 'dockerd' ? 3000 : 200) * ms,
      Timeout: 50_000 * ms,
    });
    expect(await healthOf(container)).toMatchObject({ Status: 'starting', FailingStreak: 0, Log: [] });
    await touchIn(engine(), container, '/tmp/go');

    expect(await becomes(container, 'healthy')).toMatchObject({ FailingStreak: 0 });
    expect((await healthOf(container))?.Log[0]).toMatchObject({ ExitCode: 0, Output: 'said\n' });
    await ask(engine(), `POST /containers/${container.id}/pause`);
    expect(await healthOf(container)).toMatchObject({ Status: 'unhealthy', FailingStreak: 0 });
    await ask(engine(), `POST /containers/${container.id}/unpause`);
    await becomes(container, 'healthy');
    expect(await rowOf(container, 'healthy')).toMatchObject([{ Status: expect.stringMatching(/^Up .+ \(healthy\)$/) as unknown }]);
    await ask(engine(), `POST /containers/${container.id}/stop`);
    expect(await rowOf(container, 'unhealthy')).toMatchObject([{ Status: expect.stringMatching(/^Exited \(0\)/) as unknown }]);
    expect(await rowOf(container, 'none')).toEqual([]);
  });

  test('a check that fails, is not there or takes too long makes it unhealthy', async () => {
    const [failing, missing, late] = await Promise.all([
      run(['CMD', 'false'], { Retries: 2 }),
      run(['CMD', 'no-such-program'], { Retries: 1 }),
      run(['CMD', 'sleep', '20'], { Timeout: 1500 * ms, Retries: 1 }),
    ]);

    // It may have failed once more before it is looked at.
    for (let isOver = false; !isOver;) {
      const health = await askUntil(
        () => healthOf(failing),
        (one) => (one?.Log.length ?? 0) > 0,
      );
      isOver = (health?.FailingStreak ?? 0) >= 2;
      expect(health).toMatchObject({ Status: isOver ? 'unhealthy' : 'starting', Log: health?.Log.map(() => ({ ExitCode: 1 })) });
      expect(health?.FailingStreak).toBeGreaterThanOrEqual(health?.Log.length ?? 0);
    }
    expect((await becomes(missing, 'unhealthy'))?.Log[0]).toEqual(
      expect.objectContaining({
        ExitCode: -1,
        Output: expect.stringMatching(/^OCI runtime exec failed: .*executable file not found/) as unknown,
      }),
    );
    expect((await becomes(late, 'unhealthy'))?.Log[0]).toMatchObject({ ExitCode: -1, Output: 'Health check exceeded timeout (1.5s)' });
    for (const { id } of [failing, missing, late]) await ask(engine(), `DELETE /containers/${id}?force=1`);
  });

  test('probes and changes of health are told', async () => {
    const container = await run(['CMD', 'true']);
    await becomes(container, 'healthy');
    await ask(engine(), `POST /containers/${container.id}/kill`);

    const filters = encodeURIComponent(JSON.stringify({ container: [container.id] }));
    const until = (Date.now() / 1000 + 0.02).toFixed(3);
    const { body } = await ask(engine(), `GET /events?since=0&until=${until}&filters=${filters}`);
    const events = body
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { Action: string; Actor: { Attributes: { execID?: string } } });
    const first = events.find(({ Action }) => Action.startsWith('exec_'))?.Actor.Attributes.execID;
    const probe = events.filter(({ Actor }) => Actor.Attributes.execID === first);
    const changes = events.filter(({ Action }) => Action.startsWith('health_status'));
    const told = [...probe, ...changes];

    // In dockerd the end of a probe and what it means for the health are told by two threads, in either order.
    const [begun, ended, changed] = [probe[1], probe[2], changes[0]].map((event) => events.findIndex((one) => one === event));
    expect(changed).toBeGreaterThan((engine().kind === 'dockerd' ? begun : ended) ?? NaN);
    expect(told.map(({ Action }) => Action)).toEqual(['exec_create: true ', 'exec_start: true ', 'exec_die', 'health_status: healthy']);
    const names = { image: 'busybox', name: container.name };
    const execID = expect.stringMatching(/^[0-9a-f]{64}$/) as unknown;
    expect(told.map(({ Actor }) => Actor.Attributes)).toEqual([
      { ...names, execID },
      { ...names, execID },
      { ...names, execID, exitCode: '0' },
      names,
    ]);
  });

  test('failures count for nothing in the start period, and of what a probe says 4096 bytes are kept', async () => {
    const said = ['CMD-SHELL', 'head -c 5000 /dev/zero | tr "\\0" x; exit 1'];
    const container = await run(said, { StartPeriod: 60_000 * ms, StartInterval: 200 * ms, Retries: 1 });

    const health = await askUntil(
      () => healthOf(container),
      (one) => (one?.Log.length ?? 0) > 1,
    );

    expect(health).toMatchObject({ Status: 'starting', FailingStreak: 0 });
    expect(health?.Log[0]?.Output).toBe(`${'x'.repeat(4096)}...`);
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });

  test('the start interval counts since API 1.44', async () => {
    const check = { Test: ['CMD', 'true'], StartInterval: 200 * ms };
    const created = await ask(engine(), 'POST /v1.41/containers/create', { body: { Image: 'busybox', Healthcheck: check } });
    const { Id } = created.value as { Id: string };

    expect((await ask(engine(), `GET /containers/${Id}/json`)).value).toMatchObject({ Config: { Healthcheck: { Test: ['CMD', 'true'] } } });
    const { value } = await ask(engine(), `GET /containers/${Id}/json`);
    expect((value as { Config: { Healthcheck: object } }).Config.Healthcheck).not.toHaveProperty('StartInterval');
  });

  test('a check that is off is none', async () => {
    const container = await run(['NONE']);

    expect(await healthOf(container)).toBeUndefined();
    expect(await rowOf(container, 'none')).toMatchObject([{ Id: container.id }]);
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });

  test.each([
    [{ Interval: 10 }, 'Interval in Healthcheck cannot be less than 1ms'],
    [{ Timeout: 10 }, 'Timeout in Healthcheck cannot be less than 1ms'],
    [{ StartPeriod: 10 }, 'StartPeriod in Healthcheck cannot be less than 1ms'],
    [{ Retries: -1 }, 'Retries in Healthcheck cannot be negative'],
  ])('the check %j is refused', async (change, message) => {
    const body = { Image: 'busybox', Cmd: ['true'], Healthcheck: { Test: ['CMD', 'true'], ...change } };

    expect(await ask(engine(), 'POST /containers/create', { body })).toMatchObject({ status: 400, message });
  });
}
