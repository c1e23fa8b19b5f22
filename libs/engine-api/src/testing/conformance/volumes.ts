import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { createContainer, inspect, uniqueName } from '../fixtures.ts';
import { specsOf } from './specs-of.ts';

/** Volumes: the objects themselves. What containers see of them is in `mounts.ts`. */
export function volumeConformance(engine: () => EngineUnderTest): void {
  const test = specsOf(engine);

  test('a volume is created, listed, inspected and removed', async () => {
    const name = uniqueName('volume');

    expect(
      (await ask(engine(), 'POST /volumes/create', { body: { Name: name, Labels: { team: 'web' } }, as: 'Volume' })).value,
    ).toMatchObject({ Name: name, Driver: 'local', Scope: 'local', Mountpoint: expect.stringContaining(name) as unknown });
    expect((await ask(engine(), `GET /volumes/${name}`, { as: 'Volume' })).value).toMatchObject({ Name: name, Labels: { team: 'web' } });
    expect(
      (await ask(engine(), `GET /volumes?filters=${encodeURIComponent(JSON.stringify({ name: [name] }))}`, { as: 'VolumeListResponse' }))
        .value,
    ).toMatchObject({ Volumes: [{ Name: name }] });
    expect(await ask(engine(), `DELETE /volumes/${name}`)).toMatchObject({ status: 204 });
    expect(await ask(engine(), `GET /volumes/${name}`)).toMatchObject({ status: 404, message: `get ${name}: no such volume` });
  });

  test('creating it again changes nothing', async () => {
    const name = uniqueName('volume');
    const first = await ask(engine(), 'POST /volumes/create', { body: { Name: name } });

    expect(await ask(engine(), 'POST /volumes/create', { body: { Name: name } })).toMatchObject({ status: 201, value: first.value });
  });

  test('a volume in use stays', async () => {
    const name = uniqueName('volume');
    const container = await createContainer(engine(), { HostConfig: { Binds: [`${name}:/data`] } });

    expect(await ask(engine(), `DELETE /volumes/${name}`)).toMatchObject({
      status: 409,
      message: expect.stringMatching(new RegExp(`remove ${name}: volume is in use - \\[${container.id}\\]`)) as unknown,
    });
    expect((await inspect(engine(), container)).value).toMatchObject({
      Mounts: [{ Type: 'volume', Name: name, Destination: '/data', RW: true }],
    });
    await ask(engine(), `DELETE /containers/${container.id}`);
    expect(await ask(engine(), `DELETE /volumes/${name}`)).toMatchObject({ status: 204 });
  });

  test('a bind shows a directory of the host', async () => {
    const container = await createContainer(engine(), { Cmd: ['true'], HostConfig: { Binds: ['/usr:/host:ro'] } });

    expect((await inspect(engine(), container)).value).toMatchObject({
      Mounts: [{ Type: 'bind', Source: '/usr', Destination: '/host', RW: false }],
    });
    expect(
      await ask(engine(), 'POST /containers/create', {
        body: { Image: 'busybox', HostConfig: { Mounts: [{ Type: 'bind', Source: '/none/such', Target: '/x' }] } },
      }),
    ).toMatchObject({ status: 400, message: expect.stringMatching(/bind source path does not exist: \/none\/such/) as unknown });
  });

  test('names and options that cannot be are refused', async () => {
    for (const [body, message] of [
      [{ Name: 'a' }, 'create a: volume name is too short, names should be at least two alphanumeric characters'],
      [
        { Name: 'x/y' },
        /^create x\/y: "x\/y" includes invalid characters for a local volume name, only "\[a-zA-Z0-9\]\[a-zA-Z0-9_.-\]" are allowed/,
      ],
      [{ Name: 'vol', DriverOpts: { foo: 'bar' } }, 'create vol: invalid option: "foo"'],
      [{ Name: 'vol', DriverOpts: { device: '/tmp' } }, 'create vol: missing required option: "type"'],
      [{ Name: 'vol', DriverOpts: { type: 'tmpfs' } }, 'create vol: missing required option: "device"'],
      [{ Name: 'vol', DriverOpts: { o: 'size=1m' } }, 'create vol: missing required option: "device"'],
      [{ Name: 'vol', DriverOpts: { size: '1m' } }, 'create vol: quota size requested but no quota support'],
    ] as const) {
      const words: unknown = typeof message === 'string' ? message : expect.stringMatching(message);
      expect(await ask(engine(), 'POST /volumes/create', { body })).toMatchObject({ status: 400, message: words });
    }
    expect(await ask(engine(), 'GET /volumes/vol')).toMatchObject({ status: 404 });
  });

  test('options are kept, and whoever creates it again with others gets what is there', async () => {
    const Name = uniqueName('volume');
    const DriverOpts = { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' };
    const made = await ask(engine(), 'POST /volumes/create', { body: { Name, DriverOpts, Labels: { a: 'b' } }, as: 'Volume' });

    expect(made.value).toMatchObject({ Options: DriverOpts, Labels: { a: 'b' } });
    for (const more of [{}, { DriverOpts: { ...DriverOpts, o: 'size=2m' } }, { Labels: { c: 'd' } }]) {
      expect((await ask(engine(), 'POST /volumes/create', { body: { Name, ...more } })).value).toEqual(made.value);
    }
    await ask(engine(), `DELETE /volumes/${Name}`);
  });

  test('lists are chosen by use, label and a pattern of the name', async () => {
    const [used, free] = [uniqueName('used'), uniqueName('free')];
    for (const Name of [used, free]) await ask(engine(), 'POST /volumes/create', { body: { Name, Labels: { [Name]: 'x=y' } } });
    await createContainer(engine(), { HostConfig: { Binds: [`${used}:/d`] } });
    const listed = async (filters: Readonly<Record<string, readonly string[]>>): Promise<string[]> => {
      const { value } = await ask(engine(), `GET /volumes?filters=${encodeURIComponent(JSON.stringify(filters))}`);
      return (
        (value as { Volumes: { Name: string }[] | null }).Volumes?.map(({ Name }) => Name).filter((name) => [used, free].includes(name)) ??
        []
      );
    };

    expect(await listed({ dangling: ['true'] })).toEqual([free]);
    expect(await listed({ dangling: ['0'] })).toEqual([used]);
    expect(await listed({ label: [used] })).toEqual([used]);
    expect(await listed({ label: [`${free}=x=y`] })).toEqual([free]);
    expect(await listed({ label: [`${free}=x`] })).toEqual([]);
    expect(await listed({ name: [`^${used.slice(0, -1)}.$`] })).toEqual([used]);
    expect(await listed({ driver: ['local'], name: [free] })).toEqual([free]);
    expect(await listed({ driver: ['other'] })).toEqual([]);
    for (const filters of ['{"dangling":["x"]}', '{"all":["1"]}', '{"label!":["a"]}']) {
      expect(await ask(engine(), `GET /volumes?filters=${encodeURIComponent(filters)}`)).toMatchObject({
        status: 400,
        message: expect.stringMatching(/^invalid filter '/i) as unknown,
      });
    }
  });

  test('prune removes what nobody uses, and never what lies elsewhere', async () => {
    const label = uniqueName('label');
    const body = (more: object): object => ({ Name: uniqueName('volume'), Labels: { [label]: '' }, ...more });
    const create = async (more: object): Promise<string> =>
      ((await ask(engine(), 'POST /volumes/create', { body: body(more) })).value as { Name: string }).Name;
    const [free, used, elsewhere] = [await create({}), await create({}), await create({ DriverOpts: { type: 'tmpfs', device: 'tmpfs' } })];
    await createContainer(engine(), { HostConfig: { Binds: [`${used}:/d`] } });
    const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
    const { value: usage } = await ask(engine(), 'GET /system/df', { as: 'SystemDataUsageResponse' });
    const measured = (usage as { Volumes: { Name: string; UsageData: unknown }[] }).Volumes.filter(({ Name }) =>
      [free, used, elsewhere].includes(Name),
    );

    expect(measured.map(({ Name, UsageData }) => [Name, UsageData])).toEqual(
      [
        [free, { RefCount: 0, Size: 0 }],
        [used, { RefCount: 1, Size: 0 }],
      ].sort(() => (measured[0]?.Name === free ? 0 : -1)),
    );
    expect((await ask(engine(), `POST /v1.41/volumes/prune?filters=${filters}`, { as: 'VolumePruneResponse' })).value).toEqual({
      VolumesDeleted: [free],
      SpaceReclaimed: 0,
    });
    expect(await ask(engine(), `GET /volumes/${elsewhere}`)).toMatchObject({ status: 200 });
  });
}
