import { execFileSync } from 'node:child_process';
import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { type Container, createContainer, exitCodeOf, framesOf, runContainer } from '../fixtures.ts';
import { compressors, type TarEntry, tarOf } from '../tar.ts';
import { differing } from './differences.ts';
import { specsOf } from './specs-of.ts';

const files = `mkdir -p /x/d; echo hi >/x/f; ln /x/f /x/d/hard; ln -s /x/f /x/link; ln -s /etc /x/etc; ln -s nowhere /x/dangling; ln -s loop /x/loop;
  mkfifo -m 600 /x/pipe; mkdir -m 1777 /x/sticky; echo s >/x/suid; chown 7:8 /x/suid; chmod 4755 /x/suid`;

/** Files of containers: `docker cp`, `docker export`, `docker diff`. */
export function fileConformance(engine: () => EngineUnderTest): void {
  const test = specsOf(engine);
  const place = (container: Container, path: string): string => `/containers/${container.id}/archive?path=${encodeURIComponent(path)}`;
  const stat = async (container: Container, path: string): Promise<unknown> => {
    const { status, headers } = await ask(engine(), `HEAD ${place(container, path)}`);
    const header = String(headers['x-docker-container-path-stat'] ?? '');
    return header === '' ? status : JSON.parse(Buffer.from(header, 'base64').toString());
  };
  const names = async (container: Container, path: string): Promise<string[]> =>
    listed((await ask(engine(), `GET ${place(container, path)}`)).body);
  const put = (container: Container, path: string, ...entries: readonly TarEntry[]) =>
    ask(engine(), `PUT ${place(container, path)}`, { body: tarOf(entries) });
  const putKeepingKinds = (container: Container, path: string, ...entries: readonly TarEntry[]) =>
    ask(engine(), `PUT ${place(container, path)}&noOverwriteDirNonDir=1`, { body: tarOf(entries) });
  const ended = async (config: Readonly<Record<string, unknown>> = {}, script = files): Promise<Container> => {
    const container = await runContainer(engine(), script, config);
    await exitCodeOf(engine(), container);
    return container;
  };

  test('a path of a container is described in a header, links as such with where they lead', async () => {
    const container = await ended();
    const [directory, link, device, pipe, setuid, sticky] = [2 ** 31, 2 ** 27, 2 ** 26 + 2 ** 21, 2 ** 25, 2 ** 23, 2 ** 20];

    expect(await stat(container, '/x')).toMatchObject({ name: 'x', mode: directory + 0o755, linkTarget: '' });
    expect(await stat(container, '/x/.')).toMatchObject({ name: '.', mode: directory + 0o755 });
    expect(await stat(container, '/')).toMatchObject({ name: '/', mode: directory + 0o755 });
    expect(await stat(container, 'x/../x/f')).toMatchObject({ name: 'f', size: 3, mode: 0o644 });
    expect(await stat(container, '/x/link')).toMatchObject({ name: 'link', mode: link + 0o777, linkTarget: '/x/f' });
    expect(await stat(container, '/x/etc')).toMatchObject({ mode: link + 0o777, linkTarget: '/etc' });
    expect(await stat(container, '/x/etc/')).toMatchObject({ name: 'etc', mode: directory + 0o755, linkTarget: '' });
    expect(await stat(container, '/x/dangling')).toMatchObject({ linkTarget: '/x/nowhere' });
    expect(await stat(container, '/x/pipe')).toMatchObject({ mode: pipe + 0o600 });
    expect(await stat(container, '/x/suid')).toMatchObject({ mode: setuid + 0o755 });
    expect(await stat(container, '/x/sticky')).toMatchObject({ mode: directory + sticky + 0o777 });
    expect(await stat(container, '/tmp')).toMatchObject({ mtime: '1970-01-01T00:00:00Z' });
    expect(await stat(container, '/nope')).toBe(404);
    for (const path of ['/x/f/', '/x/f/.', '/x/f/y', '/x/loop'])
      expect(await stat(container, path)).toBe(differing('statusOfBadInput', engine()));
    expect(device).toBe(69_206_016);
  });

  test('what is not there is named with the container', async () => {
    const container = await createContainer(engine(), {});
    const message = `Could not find the file /nope in container ${container.id}`;

    expect(await ask(engine(), `GET ${place(container, '/nope')}`)).toMatchObject({ status: 404, message });
    expect(await put(container, '/nope')).toMatchObject({ status: 404, message });
    expect(await ask(engine(), `GET ${place(container, '')}`)).toMatchObject({
      status: 400,
      message: 'bad parameter: pathcannot be empty',
    });
    expect(await ask(engine(), 'GET /containers/nope/archive?path=/')).toMatchObject({ status: 404, message: 'No such container: nope' });
  });

  test('files come out of a stopped container as a tar that begins with the asked name', async () => {
    const container = await ended();

    expect(await names(container, '/x')).toEqual(
      ['', 'd/', 'd/hard', 'dangling', 'etc', 'f', 'link', 'loop', 'pipe', 'sticky/', 'suid'].map((name) => `x/${name}`),
    );
    expect((await names(container, '/x/d/.')).sort()).toEqual(['./', './hard']);
    expect(await names(container, '/x/link')).toEqual(['link']);
    expect((await names(container, '/x/etc/')).slice(0, 2)).toEqual(['etc/', 'etc/group']);
    const root = await names(container, '/');
    expect(root).toEqual(expect.arrayContaining(['/', '/.dockerenv', '/bin/', '/bin/sh', '/x/suid']));
    const { body } = await ask(engine(), `GET ${place(container, '/x')}`);
    const long = execFileSync('tar', ['tvf', '-', '--numeric-owner'], { input: body, encoding: 'utf8' });
    expect(body.toString('latin1', 265, 269)).toBe(differing('ownerNames', engine()));
    expect(long).toMatch(/^-rwsr-xr-x 7\/8 .* x\/suid$/m);
    expect(long).toMatch(/^h.* x\/f link to x\/d\/hard$/m);
    expect(long).toMatch(/^l.* x\/etc -> \/etc$/m);
  });

  test('files go into a running container, and what is there is replaced', async () => {
    const container = await runContainer(engine(), `${files}; ln -s /x /into; sleep 60`);
    const shell = (script: string) => run(engine(), container, script);
    await until(() => shell('test -e /into'));

    const entries = [
      { path: 'new/deep/file', content: 'deep', uid: 1000, mode: 0o600 },
      { path: 'f', content: 'other' },
      { path: 'again', hardlink: 'f' },
      { path: 'name', link: 'new/deep' },
      { path: 'd/', mode: 0o700 },
    ];
    expect(await put(container, '/into', ...entries)).toMatchObject({ status: 200 });
    expect(await shell('stat -c "%n %u %a %h" /x/new/deep/file /x/f /x/again /x/d; readlink /x/name; cat /x/again; ls /x/d')).toBe(
      '/x/new/deep/file 1000 600 1\n/x/f 0 644 2\n/x/again 0 644 2\n/x/d 0 700 2\nnew/deep\notherhard\n',
    );

    expect(await putKeepingKinds(container, '/x', { path: 'd', content: '' })).toMatchObject({
      status: differing('statusOfBadInput', engine()),
      message: expect.stringContaining('cannot overwrite directory "/x/d" with non-directory "/x"') as unknown,
    });
    expect(await putKeepingKinds(container, '/x', { path: 'f/' })).toMatchObject({
      message: expect.stringContaining('cannot overwrite non-directory "/x/f" with directory "/x"') as unknown,
    });
    expect(await put(container, '/x', { path: 'd', content: 'file' })).toMatchObject({ status: 200 });
    expect(await shell('cat /x/d')).toBe('file');
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });

  for (const [kind, pack] of compressors)
    test(`an archive may be compressed with ${kind}, and a damaged one is refused`, async () => {
      const container = await createContainer(engine(), {});
      const packed = pack(tarOf([{ path: 'f', content: 'x'.repeat(100_000) }]));

      expect(await ask(engine(), `PUT ${place(container, '/tmp')}`, { body: packed })).toMatchObject({ status: 200 });
      expect(await stat(container, '/tmp/f')).toMatchObject({ size: 100_000 });
      const cut = packed.subarray(0, packed.length - 30);
      expect((await ask(engine(), `PUT ${place(container, '/tmp')}`, { body: cut })).status).toBe(differing('statusOfBadInput', engine()));
    });

  test('a file with holes is written with all of its size', async () => {
    const container = await createContainer(engine(), {});
    // In tar's older form of them dockerd knows no files with holes; libs/oci reads both.
    const script = 'cd $(mktemp -d); echo begin >f; truncate -s 50M f; echo end >>f; tar --format=posix --sparse -cf - f; rm -r "$PWD"';
    const put = await ask(engine(), `PUT ${place(container, '/tmp')}`, { body: execFileSync('sh', ['-c', script]) });

    expect(put).toMatchObject({ status: 200 });
    const { body } = await ask(engine(), `GET ${place(container, '/tmp/f')}`);
    const content = execFileSync('tar', ['xOf', '-'], { input: body, maxBuffer: 2 ** 26 });
    expect([content.length, content.toString('latin1', 0, 7), content.toString('latin1', 50 * 2 ** 20)]).toEqual([
      50 * 2 ** 20 + 4,
      'begin\n\0',
      'end\n',
    ]);
  });

  test('an archive that leads outside is refused', async () => {
    const container = await createContainer(engine(), {});
    const refused: readonly [TarEntry, RegExp][] = [
      [{ path: '../out', content: '' }, /"\.\.\/out" is outside of "\/tmp"/],
      [{ path: 'link', link: '../../etc' }, /invalid symlink "\/tmp\/link" -> "\.\.\/\.\.\/etc"/],
      [{ path: 'link', hardlink: '../etc/passwd' }, /invalid hardlink "\/etc\/passwd" -> "\.\.\/etc\/passwd"/],
    ];
    for (const [entry, message] of refused) {
      expect(await put(container, '/tmp', entry)).toMatchObject({
        status: differing('statusOfBadInput', engine()),
        message: expect.stringMatching(message) as unknown,
      });
    }
    expect(await stat(container, '/out')).toBe(404);
  });

  test('a place that is no directory or must not be written is refused', async () => {
    const container = await createContainer(engine(), {
      HostConfig: { ReadonlyRootfs: true, Binds: ['/tmp:/writable', '/tmp:/kept:ro'] },
    });
    const status = differing('statusOfReadOnly', engine());

    expect(await put(container, '/etc/passwd')).toMatchObject({ message: 'extraction point is not a directory' });
    expect(await put(container, '/etc')).toMatchObject({ status, message: 'container rootfs is marked read-only' });
    expect(await put(container, '/kept')).toMatchObject({ status, message: 'mounted volume is marked read-only' });
    expect(await put(container, '/writable')).toMatchObject({ status: 200 });
  });

  test('volumes are part of it, a tmpfs is not', async () => {
    const container = await runContainer(engine(), 'echo v >/data/v; echo t >/scratch/t; cat /etc/hostname; sleep 60', {
      Hostname: 'box',
      HostConfig: { Tmpfs: { '/scratch': '' } },
      Volumes: { '/data': {}, '/etc': {} },
    });
    await until(async () => (await names(container, '/data')).length === 2);

    expect(await names(container, '/data')).toEqual(['data/', 'data/v']);
    expect(await names(container, '/scratch')).toEqual(['scratch/']);
    expect(await names(container, '/etc')).toEqual(expect.arrayContaining(['etc/passwd', 'etc/hosts']));
    const { body } = await ask(engine(), `GET ${place(container, '/etc/hostname')}`);
    expect(execFileSync('tar', ['xOf', '-'], { input: body, encoding: 'utf8' })).toBe('box\n');
    await put(container, '/data', { path: 'in', content: 'sent' });
    expect(await run(engine(), container, 'cat /data/in')).toBe('sent');
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });

  test('a volume of a container that was never started has what its image has there', async () => {
    const container = await createContainer(engine(), { Volumes: { '/var/www': {} } });

    expect(await names(container, '/var/www')).toEqual(['www/', 'www/index.html']);
  });

  test('an export has the root file system and nothing of volumes', async () => {
    const container = await ended({ Volumes: { '/data': {} } }, `${files}; echo v >/data/v`);

    const { status, headers, body } = await ask(engine(), `GET /containers/${container.id}/export`);

    expect([status, headers['content-type']]).toEqual([200, 'application/octet-stream']);
    const all = listed(body);
    expect(all).toEqual(expect.arrayContaining(['.dockerenv', 'bin/', 'bin/busybox', 'etc/passwd', 'data/', 'x/', 'x/d/hard', 'x/suid']));
    expect(all).not.toContain('data/v');
    expect(all).toEqual(all.toSorted());
  });

  test('changes are listed with their parents', async () => {
    const container = await ended(
      {},
      'rm -r /var/www; mkdir /var/www; rm /etc/group; echo >>/etc/passwd; chmod 700 /home; mkdir -p /new/deep; echo >/new/deep/f; ln -s x /tmp/link; touch /bin/busybox',
    );

    const { value } = await ask(engine(), `GET /containers/${container.id}/changes`);

    expect(paths(value, 1)).toEqual(['/new', '/new/deep', '/new/deep/f', '/tmp/link']);
    expect(paths(value, 2)).toEqual(['/etc/group', '/var/www/index.html']);
    expect(paths(value, 0)).toEqual(['/bin', '/bin/busybox', '/etc', '/etc/passwd', '/home', '/tmp', '/var', '/var/www']);
  });
}

const paths = (changes: unknown, kind: number): string[] =>
  (changes as { Path: string; Kind: number }[]).flatMap(({ Path, Kind }) => (Kind === kind ? [Path] : [])).sort();

const listed = (tar: Buffer): string[] => execFileSync('tar', ['tPf', '-'], { input: tar, encoding: 'utf8' }).split('\n').slice(0, -1);

/** What a command in a running container says; throws where it fails. */
async function run(engine: EngineUnderTest, { id }: Container, script: string): Promise<string> {
  const body = { Cmd: ['sh', '-c', script], AttachStdout: true, AttachStderr: true };
  const exec = ((await ask(engine, `POST /containers/${id}/exec`, { body })).value as { Id: string }).Id;
  const { body: output } = await ask(engine, `POST /exec/${exec}/start`, { body: {} });
  const { ExitCode } = (await ask(engine, `GET /exec/${exec}/json`)).value as { ExitCode: number };
  const { stdout, stderr } = framesOf(output);
  if (ExitCode !== 0) throw new Error(`${script} ended with ${ExitCode}: ${stderr}`);
  return stdout;
}

async function until(holds: () => Promise<unknown>): Promise<void> {
  for (const deadline = Date.now() + 40_000; ;) {
    if ((await holds().catch(() => false)) !== false) return;
    if (Date.now() > deadline) throw new Error('it did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
