import { differing } from './differences.ts';
import { askUntil } from '../ask-until.ts';
import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { createContainer, exitCodeOf, inspect, runContainer, uniqueName } from '../fixtures.ts';
import { specsOf } from './specs-of.ts';

interface Listed {
  readonly Id: string;
  readonly Names: string[];
}

interface Moved {
  readonly cpu_stats: { readonly cpu_usage: { readonly total_usage: number } };
  readonly pids_stats: { readonly current: number };
}

/** What is told about containers: lists, processes, numbers. */
export function listConformance(engine: () => EngineUnderTest): void {
  const test = specsOf(engine);

  const list = async (filters: Readonly<Record<string, readonly string[]>>, query = 'all=1'): Promise<string[]> => {
    const path = `/containers/json?${query}&filters=${encodeURIComponent(JSON.stringify(filters))}` as const;
    const { value } = await ask(engine(), `GET ${path}`, { as: 'ContainerSummary[]' });
    return (value as Listed[]).map(({ Id }) => Id);
  };

  test('a list shows running containers, and all of them on demand', async () => {
    const label = uniqueName();
    const running = await runContainer(engine(), 'sleep 60', { Labels: { [label]: '' } });
    const created = await createContainer(engine(), { Labels: { [label]: '' } });

    expect(await list({ label: [label] }, 'all=0')).toEqual([running.id]);
    expect(await list({ label: [label] })).toEqual([created.id, running.id]);
    expect(await list({ label: [label] }, 'limit=1')).toEqual([created.id]);
    await ask(engine(), `POST /containers/${running.id}/kill`);
  });

  test('a row of the list has what clients show', async () => {
    const container = await runContainer(engine(), 'sleep 60', { ExposedPorts: { '80/tcp': {} }, Labels: { a: 'b' } });

    const { value } = await ask(
      engine(),
      `GET /containers/json?size=1&filters=${encodeURIComponent(JSON.stringify({ id: [container.id] }))}`,
      { as: 'ContainerSummary[]' },
    );

    expect(value).toEqual([
      expect.objectContaining({
        Names: [`/${container.name}`],
        Image: 'busybox',
        ImageID: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as unknown,
        Command: "sh -c 'sleep 60'",
        Created: expect.any(Number) as unknown,
        Ports: [{ PrivatePort: 80, Type: 'tcp' }],
        SizeRootFs: expect.any(Number) as unknown,
        State: 'running',
        Status: expect.stringMatching(/^Up /) as unknown,
        Mounts: [],
      }),
    ]);
    expect((value as { Labels: unknown; HostConfig: unknown }[])[0]).toMatchObject({
      Labels: { a: 'b' },
      HostConfig: { NetworkMode: expect.stringMatching(/default|bridge/) as unknown },
    });
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });

  test('filters choose by label, name, status, exit code, image, and order of creation', async () => {
    const label = uniqueName();
    const one = await runContainer(engine(), 'exit 3', { Labels: { [label]: 'one' } });
    await exitCodeOf(engine(), one);
    const two = await createContainer(engine(), { Labels: { [label]: 'two' } });

    expect(await list({ label: [`${label}=two`] })).toEqual([two.id]);
    expect(await list({ name: [one.name] })).toEqual([one.id]);
    expect(await list({ name: [`^/${one.name}$`] })).toEqual([one.id]);
    expect(await list({ label: [label], status: ['created'] })).toEqual([two.id]);
    expect(await list({ label: [label], exited: ['3'] })).toEqual([one.id]);
    expect(await list({ label: [label], ancestor: ['busybox'] })).toEqual([two.id, one.id]);
    expect(await list({ label: [label], since: [one.name] })).toEqual([two.id]);
    expect(await list({ label: [label], before: [two.name] })).toEqual([one.id]);
    expect(await ask(engine(), `GET /containers/json?filters=${encodeURIComponent('{"status":["odd"]}')}`)).toMatchObject({ status: 400 });
  });

  test('filters choose by ports, volume and network while a container runs', async () => {
    const label = uniqueName();
    const container = await runContainer(engine(), 'sleep 60', {
      Labels: { [label]: '' },
      ExposedPorts: { '80/tcp': {}, '90/udp': {} },
      HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] }, Binds: [`${label}:/data`] },
    });
    const { NetworkSettings } = (await inspect(engine(), container)).value as {
      NetworkSettings: { Ports: Record<string, { HostPort: string }[]> };
    };
    const hostPort = NetworkSettings.Ports['80/tcp']?.[0]?.HostPort ?? '';
    const exposed = await createContainer(engine(), { Labels: { [label]: '' }, ExposedPorts: { '80/tcp': {} } });
    const isFound = async (filters: Readonly<Record<string, readonly string[]>>): Promise<boolean> => {
      const ids = await list({ ...filters, label: [label] });
      expect(ids).not.toContain(exposed.id);
      return ids.includes(container.id);
    };

    for (const expose of ['80', '80/tcp', '70-85', '90/udp']) expect([expose, await isFound({ expose: [expose] })]).toEqual([expose, true]);
    for (const expose of ['80/udp', '81-85']) expect([expose, await isFound({ expose: [expose] })]).toEqual([expose, false]);
    expect(await isFound({ publish: [hostPort] })).toBe(true);
    expect(await isFound({ publish: [`${hostPort}/udp`] })).toBe(false);
    expect(await isFound({ volume: [label] })).toBe(true);
    expect(await isFound({ volume: ['/data'] })).toBe(true);
    expect(await isFound({ volume: ['other'] })).toBe(false);
    expect((await list({ network: ['bridge'], label: [label] })).toSorted()).toEqual([container.id, exposed.id].toSorted());
    expect(await isFound({ 'is-task': ['true'], network: ['none'] })).toBe(false);
    await ask(engine(), `DELETE /containers/${container.id}?force=1`);
    await ask(engine(), `DELETE /volumes/${label}`);
  });

  test('a filter for the code of the end does not bring the ended ones by itself, one for the status does', async () => {
    const label = uniqueName();
    const ended = await runContainer(engine(), 'exit 3', { Labels: { [label]: '' } });
    await exitCodeOf(engine(), ended);

    expect(await list({ label: [label], exited: ['3'] }, 'all=0')).toEqual([]);
    expect(await list({ label: [label], status: ['exited'] }, 'all=0')).toEqual([ended.id]);
    for (const filters of ['{"exited":["x"]}', '{"is-task":["x"]}', '{"publish":["x"]}', '{"health":["x"]}']) {
      expect((await ask(engine(), `GET /containers/json?filters=${encodeURIComponent(filters)}`)).status).toBeGreaterThanOrEqual(400);
    }
  });

  test('a prune takes what ended and matches', async () => {
    const label = uniqueName();
    const keep = await createContainer(engine(), { Labels: { [label]: 'keep' } });
    const drop = await createContainer(engine(), { Labels: { [label]: 'drop' } });
    const prune = (filters: object) => ask(engine(), `POST /containers/prune?filters=${encodeURIComponent(JSON.stringify(filters))}`);

    for (const until of [['x'], ['1h', '2h']]) {
      expect(await prune({ until, label: [label] })).toMatchObject({
        status: differing('statusOfBadInput', engine()),
        message: until.length > 1 ? 'more than one until filter specified' : 'failed to parse value as time or duration: "x"',
      });
    }
    expect((await prune({ until: ['1h'], label: [label] })).value).toEqual({ ContainersDeleted: null, SpaceReclaimed: 0 });
    expect((await prune({ label: [label], 'label!': [`${label}=keep`] })).value).toEqual({
      ContainersDeleted: [drop.id],
      SpaceReclaimed: 0,
    });
    expect(await list({ label: [label] })).toEqual([keep.id]);
  });

  test('top shows the processes of a running container', async () => {
    const container = await runContainer(engine(), 'sleep 61');

    // A start may be answered before the program has taken the place of the runtime.
    const { value } = await askUntil(
      () => ask(engine(), `GET /containers/${container.id}/top`, { as: 'ContainerTopResponse' }),
      ({ body }) => body.includes('sleep 61'),
    );

    expect(value).toMatchObject({ Titles: expect.arrayContaining(['PID']) as unknown });
    await ask(engine(), `POST /containers/${container.id}/kill`);
    await exitCodeOf(engine(), container);
    expect(await ask(engine(), `GET /containers/${container.id}/top`)).toMatchObject({
      status: 409,
      message: expect.stringMatching(/is not running/) as unknown,
    });
  });

  test('numbers of a running container move', async () => {
    const container = await runContainer(engine(), 'while :; do :; done', {
      HostConfig: { NanoCpus: 200_000_000, Memory: 64 * 1024 * 1024 },
    });

    // The runtime that becomes the program has threads for a moment.
    const { value } = await askUntil(
      () => ask(engine(), `GET /containers/${container.id}/stats?stream=0&one-shot=1`, { as: 'ContainerStatsResponse' }),
      ({ value: one }) => (one as Moved).cpu_stats.cpu_usage.total_usage > 10_000_000 && (one as Moved).pids_stats.current === 1,
    );

    expect(value).toMatchObject({
      id: container.id,
      name: `/${container.name}`,
      memory_stats: { limit: 67_108_864, usage: expect.any(Number) as unknown },
      networks: { eth0: { rx_bytes: expect.any(Number) as unknown } },
    });
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });

  test('changes name what was added, changed and deleted', async () => {
    const container = await runContainer(engine(), 'echo x > /tmp/new; rm /etc/group');
    await exitCodeOf(engine(), container);

    const { value } = await ask(engine(), `GET /containers/${container.id}/changes`, { as: 'FilesystemChange[]' });

    expect(value).toEqual(
      expect.arrayContaining([
        { Path: '/tmp', Kind: 0 },
        { Path: '/tmp/new', Kind: 1 },
        { Path: '/etc', Kind: 0 },
        { Path: '/etc/group', Kind: 2 },
      ]),
    );
  });

  test('every version answers with the published types, and old ones with what was retired since', async () => {
    const container = await createContainer(engine(), {});
    const onlyBusybox = encodeURIComponent(JSON.stringify({ reference: ['busybox'] }));
    for (const version of engine().kind === 'native' ? ['1.24', '1.41', '1.44', '1.48', '1.51'] : ['1.24', '1.41']) {
      const get = (path: string, as: string) => ask(engine(), `GET /v${version}${path}`, { as });

      expect(await get('/containers/json?all=1', 'ContainerSummary[]')).toMatchObject({ status: 200 });
      expect(await get(`/containers/${container.id}/json`, 'ContainerInspectResponse')).toMatchObject({ status: 200 });
      expect(await get('/networks', 'Network[]')).toMatchObject({ status: 200 });
      expect(await get('/volumes', 'VolumeListResponse')).toMatchObject({ status: 200 });
      const image = (await get('/images/busybox:latest/json', 'ImageInspect')).value;
      const [row] = (await get(`/images/json?filters=${onlyBusybox}`, 'ImageSummary[]')).value as unknown[];
      expect(row).toMatchObject({ Labels: null, RepoDigests: ['1.24', '1.41'].includes(version) ? null : [] });
      const [listed] = (await get('/containers/json?all=1', 'ContainerSummary[]')).value as { NetworkSettings: { Networks: object } }[];
      for (const endpoint of Object.values(listed?.NetworkSettings.Networks ?? {})) expect(endpoint).toMatchObject({ Aliases: null });
      for (const size of [image, row]) expect(Object.keys(size as object).includes('VirtualSize')).toBe(['1.24', '1.41'].includes(version));
    }
  });
}
