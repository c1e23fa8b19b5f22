import { askUntil } from '../ask-until.ts';
import { ask, type Answer, type EngineUnderTest } from '../engine-under-test.ts';
import { createContainer, runContainer, type Container } from '../fixtures.ts';

const megabyte = 1024 * 1024;

/** Limits that change while a container runs, its processes as ps shows them, and what the kernel counts for it. */
export function limitConformance(engine: () => EngineUnderTest): void {
  const update = ({ id }: Container, body: object): Promise<Answer> => ask(engine(), `POST /containers/${id}/update`, { body });
  const hostConfigOf = async ({ id }: Container): Promise<Record<string, unknown>> =>
    ((await ask(engine(), `GET /containers/${id}/json`)).value as { HostConfig: Record<string, unknown> }).HostConfig;
  const remove = ({ id }: Container) => ask(engine(), `DELETE /containers/${id}?force=1`);

  test('an update changes what it names and nothing else', async () => {
    const container = await runContainer(engine(), 'sleep 60', { HostConfig: { Memory: 64 * megabyte } });
    const changes = [
      [{ Memory: 32 * megabyte }, { Memory: 32 * megabyte, MemorySwap: 128 * megabyte }],
      [
        { Memory: 256 * megabyte, MemorySwap: 512 * megabyte },
        { Memory: 256 * megabyte, MemorySwap: 512 * megabyte },
      ],
      [
        { CpuShares: 512, CpusetCpus: '0' },
        { CpuShares: 512, CpusetCpus: '0' },
      ],
      [{ NanoCpus: 500_000_000 }, { NanoCpus: 500_000_000, CpuShares: 512 }],
      [{ PidsLimit: 50 }, { PidsLimit: 50 }],
      [{ PidsLimit: -1 }, { PidsLimit: 0 }],
      [{ RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 4 } }, { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 4 } }],
      [{ RestartPolicy: {} }, { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 4 } }],
      [{}, { Memory: 256 * megabyte }],
    ] as const;

    for (const [change, expected] of changes) {
      expect([change, await update(container, change)]).toMatchObject([change, { status: 200, value: { Warnings: null } }]);
      expect(await hostConfigOf(container)).toMatchObject(expected);
    }
    await remove(container);
  });

  test('an update that contradicts what is there names the container and why', async () => {
    const container = await runContainer(engine(), 'sleep 60', { HostConfig: { Memory: 32 * megabyte, NanoCpus: 500_000_000 } });
    const refused = (why: string) => ({ status: 409, message: `Cannot update container ${container.id}: ${why}` });

    expect(await update(container, { Memory: 128 * megabyte })).toMatchObject(
      refused('Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time'),
    );
    expect(await update(container, { CpuQuota: 20_000 })).toMatchObject(
      refused('Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set'),
    );
    expect(await update(container, { CpuPeriod: 20_000 })).toMatchObject(
      refused('Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set'),
    );
    expect(await update(container, { Memory: 1024 })).toMatchObject({ status: 400, message: 'Minimum memory limit allowed is 6MB' });
    expect((await update(container, { RestartPolicy: { Name: 'odd' } })).status).toBe(400);
    await remove(container);
    const passing = await createContainer(engine(), { Cmd: ['true'], HostConfig: { AutoRemove: true } });
    expect(await update(passing, { RestartPolicy: { Name: 'always' } })).toMatchObject({
      status: 409,
      message: `Cannot update container ${passing.id}: Restart policy cannot be updated because AutoRemove is enabled for the container`,
    });
    await remove(passing);
  });

  test('ps options choose the columns, and one without PID is refused', async () => {
    const container = await runContainer(engine(), 'sleep 4321 & sleep 1234');
    const top = (args: string) => ask(engine(), `GET /containers/${container.id}/top?ps_args=${encodeURIComponent(args)}`);
    const chosen = await askUntil(
      () => top('-eo pid,args'),
      ({ body }) => body.includes('"sleep 4321"'),
    );

    expect(chosen.value).toMatchObject({ Titles: ['PID', 'COMMAND'] });
    expect(((await top('aux')).value as { Titles: string[] }).Titles.slice(0, 2)).toEqual(['USER', 'PID']);
    expect((await top('-eo comm')).message).toBe("Couldn't find PID field in ps output");
    expect((await top('--bogus')).message).toMatch(/^ps: error: unknown gnu long option/);
    expect((await top('-eo ppid=PID,comm')).message).toMatch(/^specifying "\S*ppid=PID\S*" is not allowed/);
    await remove(container);
  });

  test('numbers have the shape that clients compute with', async () => {
    const container = await runContainer(engine(), 'while :; do :; done', { HostConfig: { NanoCpus: 200_000_000, NetworkMode: 'none' } });
    const stats = async (query: string) =>
      (await ask(engine(), `GET /containers/${container.id}/stats?stream=0${query}`, { as: 'ContainerStatsResponse' })).value as Numbers;

    const first = await stats('&one-shot=1');
    expect(first).toMatchObject({ preread: '0001-01-01T00:00:00Z', num_procs: 0, storage_stats: {} });
    expect(first.precpu_stats).toEqual({
      cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
      throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
    });
    expect(first).not.toHaveProperty('networks');
    const second = await stats('');
    expect(second.cpu_stats.system_cpu_usage).toBeGreaterThan(second.precpu_stats.system_cpu_usage);
    expect(second.cpu_stats.cpu_usage.total_usage).toBeGreaterThan(second.precpu_stats.cpu_usage.total_usage);
    expect(Object.keys(second.blkio_stats)).toHaveLength(8);
    await remove(container);
  });

  test('a container that does not run has the shape without numbers', async () => {
    const container = await createContainer(engine(), {});

    const { value } = await ask(engine(), `GET /containers/${container.id}/stats?stream=0&one-shot=1`);

    const nothing = { cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 } };
    expect(value).toMatchObject({ read: '0001-01-01T00:00:00Z', pids_stats: {}, memory_stats: {}, cpu_stats: nothing });
    expect(Object.values((value as Numbers).blkio_stats)).toEqual(Array(8).fill(null));
  });
}

interface Numbers {
  readonly cpu_stats: { readonly cpu_usage: { readonly total_usage: number }; readonly system_cpu_usage: number };
  readonly precpu_stats: Numbers['cpu_stats'];
  readonly blkio_stats: Readonly<Record<string, unknown>>;
}
