import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { type Container, createContainer, exitCodeOf, framesOf, inspect, runContainer, uniqueName, waiterOf } from '../fixtures.ts';
import { privateMount } from '../private-mount.ts';
import { differing } from './differences.ts';
import { specsOf } from './specs-of.ts';

type Config = Readonly<Record<string, unknown>>;

const wrongModes = ['ro,rw', 'z,Z', 'nocopy,nocopy', 'cached,delegated', 'shared,slave', 'x', 'ro,'];
const wrongBinds: readonly (readonly [bind: string, why: string])[] = [
  ['a:b', `: invalid mount config for type "volume": invalid mount path: 'b' mount path must be absolute`],
  ['aa', `: invalid mount config for type "volume": invalid mount path: 'aa' mount path must be absolute`],
  ['/tmp:d', `: invalid mount config for type "bind": invalid mount path: 'd' mount path must be absolute`],
  ['/tmp:/d:ro,nocopy', ': invalid mount config for type "bind": field VolumeOptions must not be specified'],
  ['v1:/d:rprivate', ': invalid mount config for type "volume": field BindOptions must not be specified'],
  ...['', ':', ':/d', 'a:', '/a:/b:/c:/d', 'x:/d:ro:x'].map((bind) => [bind, ''] as const),
];

/** What containers see of volumes, binds and tmpfs. */
export function mountConformance(engine: () => EngineUnderTest): void {
  const test = specsOf(engine);
  const badInput = (): unknown => differing('statusOfBadInput', engine());
  const refusal = async (HostConfig: Config, more: Config = {}): Promise<unknown> => {
    const { status, message } = await ask(engine(), 'POST /containers/create', { body: { Image: 'busybox', HostConfig, ...more } });
    return [status, message];
  };
  const ended = async (script: string, HostConfig: Config, more: Config = {}): Promise<Container & { readonly output: string }> => {
    const container = await runContainer(engine(), script, { HostConfig, ...more });
    await exitCodeOf(engine(), container);
    const { stdout, stderr } = framesOf((await ask(engine(), `GET /containers/${container.id}/logs?stdout=1&stderr=1`)).body);
    return { ...container, output: stdout + stderr };
  };
  const outputOf = async (script: string, HostConfig: Config, more: Config = {}): Promise<string> =>
    (await ended(script, HostConfig, more)).output;
  const mountsOf = async (container: Container): Promise<Record<string, unknown>[]> =>
    ((await inspect(engine(), container)).value as { Mounts: Record<string, unknown>[] }).Mounts;

  test('the root is an overlay by its name as well, which df shows', async () => {
    expect(await outputOf('grep " / " /proc/mounts | cut -d " " -f 1,3', {})).toBe('overlay overlay\n');
  });

  test('a mode says each thing once', async () => {
    for (const mode of wrongModes) {
      expect(await refusal({ Binds: [`v1:/d:${mode}`] })).toEqual([badInput(), `invalid mode: ${mode}`]);
      expect(await refusal({ Binds: [`/tmp:/d:${mode}`] })).toEqual([badInput(), `invalid mode: ${mode}`]);
    }
  });

  test('nothing stands in the place of /proc but itself and the files that may be replaced', async () => {
    const start = async (bind: string): Promise<string> => {
      const { id } = await createContainer(engine(), { Cmd: ['true'], HostConfig: { Binds: [bind] } });
      const { status, message } = await ask(engine(), `POST /containers/${id}/start`);
      return `${status} ${message}`;
    };
    const volume = uniqueName('proc');

    expect(await start(`${volume}:/proc`)).toMatch(
      /^500 .* rootfs at "\/proc": .*\/proc" cannot be mounted because it is not of type proc/,
    );
    expect(await start('/tmp:/proc/foo')).toMatch(/^500 .*rootfs at "\/proc\/foo": .* cannot be mounted because it is inside \/proc/);
    expect(await start('/proc/version:/proc/version')).toMatch(/because it is inside \/proc/);
    expect(await start('/proc:/proc')).toMatch(/^204/);
    expect(await start('/proc/uptime:/proc/uptime')).toMatch(/^204/);
  });

  test('what a bind lacks is said of the whole of it', async () => {
    for (const [bind, why] of wrongBinds)
      expect(await refusal({ Binds: [bind] })).toEqual([badInput(), `invalid volume specification: '${bind}'${why}`]);
    expect(await refusal({ Mounts: [{ Type: 'bind', Source: '/tmp', Target: '/d', BindOptions: { Propagation: 'x' } }] })).toEqual([
      400,
      'invalid mount config for type "bind": invalid propagation mode: x',
    ]);
    expect(await refusal({ Mounts: [{ Type: 'volume', Target: '/d', ReadOnly: true }] })).toEqual([
      400,
      'invalid mount config for type "volume": must not set ReadOnly mode when using anonymous volumes',
    ]);
  });

  test('modes are kept as they are written, and an empty one is none', async () => {
    const name = uniqueName('volume');
    for (const [mode, shown, isWritable] of [
      ['', 'z', true],
      [':', 'z', true],
      [':ro', 'ro', false],
      [':ro,nocopy', 'ro,nocopy', false],
      [':cached', 'cached', true],
    ] as const) {
      const container = await createContainer(engine(), { HostConfig: { Binds: [`${name}:/d${mode}`] } });
      expect(await mountsOf(container)).toMatchObject([{ Type: 'volume', Name: name, Mode: shown, RW: isWritable, Propagation: '' }]);
      await ask(engine(), `DELETE /containers/${container.id}`);
    }
    const bound = await createContainer(engine(), { HostConfig: { Binds: ['/usr:/d:', '/d2'] } });
    expect(await mountsOf(bound)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ Type: 'bind', Mode: '', RW: true, Propagation: 'rprivate' }),
        expect.objectContaining({ Type: 'volume', Destination: '/d2', Mode: 'z', RW: true }),
      ]),
    );
  });

  test('labels for SELinux change nothing', async () => {
    const { status, value } = await ask(engine(), 'POST /containers/create', {
      body: { Image: 'busybox', HostConfig: { Binds: ['/tmp:/d:ro,Z'] } },
    });
    expect([status, value]).toEqual([201, expect.objectContaining({ Warnings: differing('warningsOfLabels', engine()) })]);
  });

  test('a mount that is to be shared needs a shared one on the host', async () => {
    await using place = await privateMount();
    for (const [mode, kind] of [
      ['rshared', 'shared'],
      ['slave', 'shared or slave'],
    ]) {
      const container = await createContainer(engine(), { HostConfig: { Binds: [`${place.path}:/d:${mode}`] } });
      const { message } = await ask(engine(), `POST /containers/${container.id}/start`);
      const [, seen = ''] = new RegExp(`^path ${place.path} is mounted on (/\\S*) but it is not a ${kind} mount$`).exec(message) ?? [];
      // A peer in a mount namespace of its own does not see the mount: for it the place lies on what is around it.
      expect([message, `${place.path}/`.startsWith(seen.replace(/\/?$/, '/')) && seen !== '']).toEqual([message, true]);
    }
  });

  test("a volume at /etc leaves the container's own names and resolver there", async () => {
    const container = await ended('cat /etc/hostname; ls /etc', { Binds: [`${uniqueName('volume')}:/etc:nocopy`] });
    expect(container.output).toBe(`${container.id.slice(0, 12)}\nhostname\nhosts\nresolv.conf\n`);
  });

  test('an image may write the path of a volume without its slash', async () => {
    expect(await outputOf('echo x >/rel/f && cat /rel/f', {}, { Volumes: { rel: {} } })).toBe('x\n');
  });

  test('mounts of another container are shared; they cannot become writable', async () => {
    const [kept, read] = [uniqueName('volume'), uniqueName('volume')];
    const first = await ended(
      'echo 1 >/d/x',
      { Binds: [`${kept}:/d`, `${read}:/r:ro`], Tmpfs: { '/t': '' } },
      { Volumes: { '/anon': {} } },
    );
    const from = (mode: string): Promise<Container & { output: string }> =>
      ended('cat /d/x; touch /d/y && echo d; touch /r/y && echo r; grep -c " /t " /proc/mounts', { VolumesFrom: [`${first.id}${mode}`] });
    const writable = expect.stringMatching(/^1\nd\n0\ntouch: \/r\/y: Read-only/) as unknown;

    const each = await Promise.all(['', ':', ':rw', ':z'].map(from));
    for (const { output } of each) expect(output).toEqual(writable);
    const last = await from(':ro,z');
    expect(last.output).toMatch(/^1\n0\ntouch: \/d\/y: Read-only/);
    expect(await mountsOf(last)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ Name: kept, Mode: '', RW: false }),
        expect.objectContaining({ Name: read, Mode: '', RW: false }),
        expect.objectContaining({ Destination: '/anon', RW: false }),
      ]),
    );
    for (const mode of ['x', 'nocopy', 'shared'])
      expect(await refusal({ VolumesFrom: [`${first.id}:${mode}`] })).toEqual([400, `invalid mode: ${mode}`]);
    expect(await refusal({ VolumesFrom: [''] })).toEqual([400, 'volumes-from specification cannot be an empty string']);
  });

  test('a volume with options is mounted for its first user and unmounted after its last', async () => {
    const name = uniqueName('volume');
    const driver = { Name: 'local', Options: { type: 'tmpfs', device: 'memory', o: 'size=64k,uid=7,nosuid' } };
    const mount = { Type: 'volume', Source: name, Target: '/d', VolumeOptions: { Labels: { a: 'b' }, DriverConfig: driver } };
    const read = `awk '$2 == "/d" { print $1, $3, $4 }' /proc/mounts; ls /d; stat -c %u /d`;

    expect(await outputOf(`${read}; touch /d/left`, { Mounts: [mount] })).toBe('memory tmpfs rw,nosuid,relatime,size=64k,uid=7\n7\n');
    expect(await outputOf(read, { Binds: [`${name}:/d`] })).toBe('memory tmpfs rw,nosuid,relatime,size=64k,uid=7\n7\n');
    expect((await ask(engine(), `GET /volumes/${name}`)).value).toMatchObject({ Options: driver.Options, Labels: { a: 'b' } });

    const first = await runContainer(engine(), 'touch /d/shared; trap "exit 0" TERM; sleep 60 & wait', {
      HostConfig: { Binds: [`${name}:/d`] },
    });
    await expect(outputOf('while [ ! -e /d/shared ]; do usleep 50000; done; ls /d', { Binds: [`${name}:/d`] })).resolves.toBe('shared\n');
    expect(await outputOf('ls /d', { Binds: [`${name}:/d`] })).toBe('shared\n');
    await ask(engine(), `DELETE /containers/${first.id}?force=1`);
    expect(await outputOf('ls /d', { Binds: [`${name}:/d`] })).toBe('');
  });

  test('a volume that is a read-only bind stays read-only', async () => {
    const Name = uniqueName('volume');
    await ask(engine(), 'POST /volumes/create', { body: { Name, DriverOpts: { type: 'none', device: '/usr', o: 'bind,ro' } } });
    expect(await outputOf('ls -d /d/lib; touch /d/x', { Binds: [`${Name}:/d`] })).toBe('/d/lib\ntouch: /d/x: Read-only file system\n');
    await ask(engine(), 'POST /containers/prune');
    expect(await ask(engine(), `DELETE /volumes/${Name}`)).toMatchObject({ status: 204 });
  });

  test('a volume whose options cannot be mounted stops the start', async () => {
    for (const [DriverOpts, message] of [
      [{ type: 'none', device: '/none/such', o: 'bind,ro' }, /mount \/none\/such:.*, flags: 0x1001: no such file or directory$/],
      [{ type: 'nopefs', device: 'x', o: 'a=b,noexec' }, /mount x:.*, flags: 0x8, data: a=b: no such device/],
    ] as const) {
      const Name = uniqueName('volume');
      await ask(engine(), 'POST /volumes/create', { body: { Name, DriverOpts } });
      const container = await createContainer(engine(), { HostConfig: { Binds: [`${Name}:/d:nocopy`] } });
      const { message: said } = await ask(engine(), `POST /containers/${container.id}/start`);
      expect(said).toMatch(message);
      expect(said).toMatch(new RegExp(`^error while mounting volume '.*${Name}/_data': failed to mount local volume: `));
    }
  });

  test('volumes begin with what the image has there, also those of a container that is never started', async () => {
    const name = uniqueName('volume');
    const data = await createContainer(engine(), { HostConfig: { Binds: [`${name}:/etc`] }, Volumes: { '/bin': {} } });
    expect(await outputOf('ls -l /etc/passwd /bin/busybox | wc -l', { VolumesFrom: [data.id] })).toBe('2\n');
    expect(await outputOf('ls /d | grep -c passwd', { Binds: [`${name}:/d`] })).toBe('1\n');
    const refused = await refusal({ Binds: [`${uniqueName('volume')}:/etc/passwd`] });
    expect(refused).toEqual([expect.anything(), expect.stringMatching(/^source .*\/etc\/passwd is not directory$/)]);
  });

  test('anonymous volumes go with their container where that is asked for, and other volumes stay', async () => {
    const name = uniqueName('volume');
    const volumes = async (): Promise<string[]> =>
      ((await ask(engine(), 'GET /volumes')).value as { Volumes: { Name: string }[] | null }).Volumes?.map(({ Name }) => Name) ?? [];
    const create = (HostConfig: Config): Promise<Container> =>
      createContainer(engine(), { Cmd: ['true'], HostConfig: { Binds: [`${name}:/d`, '/e'], ...HostConfig }, Volumes: { '/f': {} } });
    const ownOf = async (container: Container): Promise<unknown[]> =>
      (await mountsOf(container)).map(({ Name }) => Name).filter((own) => own !== name);
    const [kept, gone, passing] = [await create({}), await create({}), await create({ AutoRemove: true })];
    const [ofKept, ofGone, ofPassing] = [await ownOf(kept), await ownOf(gone), await ownOf(passing)];

    await ask(engine(), `DELETE /containers/${kept.id}`);
    await ask(engine(), `DELETE /containers/${gone.id}?v=1`);
    const { answer: removed } = await waiterOf(engine(), passing, 'removed');
    await ask(engine(), `POST /containers/${passing.id}/start`);
    await removed;
    const left = await volumes();
    expect(left).toEqual(expect.arrayContaining([name, ...ofKept]));
    expect([ofKept.length, ofGone.length, ofPassing.length]).toEqual([2, 2, 2]);
    for (const own of [...ofGone, ...ofPassing]) expect(left).not.toContain(own);
  });
}
