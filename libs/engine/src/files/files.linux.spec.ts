import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, temporaryDirectory } from '@gantry/base/testing';
import type { FileEntry, FilePage, RouteName } from '@gantry/engine-api';
import { createIn, runIn, shell, waitIn } from '../testing/container-client.ts';
import { openTestEngine, type TestEngine } from '../testing/open-test-engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

type Query = Readonly<Record<string, string | number | boolean | undefined>>;
type Operation = RouteName extends infer Name ? (Name extends `VolumeFile${infer Rest}` ? Rest : never) : never;
interface More {
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The files of a new volume or container. */
interface Place {
  call(operation: Operation, query: Query, more?: More): ReturnType<TestEngine['client']['call']>;
  text(path: string, headers?: Readonly<Record<string, string>>): Promise<string>;
  write(path: string, content: string, more?: { query?: Query; headers?: Readonly<Record<string, string>> }): Promise<FileEntry>;
  names(path: string): Promise<string[]>;
}

function placeOf(kind: 'Volume' | 'Container', path: Readonly<Record<string, string>>, reach: Query = {}): Place {
  const call: Place['call'] = (operation, query, more = {}) =>
    engine.client.call(`${kind}File${operation}`, { path, query: Object.assign({}, query, reach), ...more });
  return {
    call,
    text: async (file, headers = {}) => (await call('Content', { path: file }, { headers })).text(),
    write: async (file, content, { query = {}, headers = {} } = {}) =>
      (await call('Write', { path: file, ...query }, { body: Buffer.from(content), headers })).json<FileEntry>(),
    names: async (directory) => (await (await call('List', { path: directory })).json<FilePage>()).entries.map(({ name }) => name),
  };
}

let volumes = 0;
async function newVolume(): Promise<Place & { readonly root: string }> {
  const name = `files-${++volumes}`;
  const answer = await engine.client.call('VolumeCreate', { body: { Name: name } });
  return { ...placeOf('Volume', { name }), root: (await answer.json<{ Mountpoint: string }>()).Mountpoint };
}
const newContainer = async (more: Record<string, unknown> = {}): Promise<Place> =>
  placeOf('Container', { id: await createIn(engine.client, shell('true', more)) }, { hostBinds: true });

describe.each(['volume', 'container'] as const)('files of a %s', (kind) => {
  const place = (): Promise<Place> => (kind === 'volume' ? newVolume() : newContainer());

  test('are written, listed, described and read, whole and in parts', async () => {
    const files = await place();
    await files.call('MakeDirectory', { path: '/a/b', parents: true, mode: '750', uid: 5, gid: 6 });
    const written = await files.write('/a/b/file', '0123456789', { query: { mode: '640', uid: 7 } });

    expect(written).toMatchObject({ name: 'file', type: 'file', sizeBytes: 10, mode: 0o640, uid: 7, gid: 0 });
    expect(await (await files.call('Stat', { path: '/a/b/file' })).json()).toEqual(written);
    expect((await (await files.call('List', { path: 'a' })).json<FilePage>()).entries).toMatchObject([
      { name: 'b', type: 'directory', mode: 0o750, uid: 5, gid: 6 },
    ]);
    const part = await files.call('Content', { path: '/a/b/file' }, { headers: { range: 'bytes=2-4' } });
    expect([part.status, part.headers.get('content-range'), part.headers.get('etag'), await part.text()]).toEqual([
      ...[206, 'bytes 2-4/10', written.etag, '234'],
    ]);
    expect(await files.text('/a/b/file', { range: 'bytes=-3' })).toBe('789');
    expect(await files.text('/a/b/file', { range: 'bytes=2-4', 'if-range': '"other"' })).toBe('0123456789');
    await expect(files.text('/a/b/file', { range: 'bytes=10-' })).rejects.toMatchObject({ details: { status: 416 } });
  });

  test('are changed by an editor only where nobody else has changed them', async () => {
    const files = await place();
    const { etag } = await files.write('/file', 'one', { query: { mode: '751', uid: 8, gid: 9 }, headers: { 'if-none-match': '*' } });
    const next = await files.write('/file', 'two', { headers: { 'if-match': etag } });

    expect(next).toMatchObject({ sizeBytes: 3, mode: 0o751, uid: 8, gid: 9 });
    expect(next.etag).not.toBe(etag);
    await expect(files.write('/file', 'three', { headers: { 'if-match': etag } })).rejects.toMatchObject({
      message: '/file has been changed meanwhile',
      details: { status: 409 },
    });
    await expect(files.write('/file', 'new', { headers: { 'if-none-match': '*' } })).rejects.toThrow('/file exists');
    await expect(files.write('/none', 'x', { headers: { 'if-match': '*' } })).rejects.toThrow('/none does not exist any more');
    await expect(files.write('/big', 'x'.repeat(11), { query: { mostBytes: 10 } })).rejects.toThrow(
      'what is written to /big has more than 10 bytes',
    );
    expect([await files.text('/file'), (await files.names('/')).filter((name) => /gantry|big/.test(name))]).toEqual(['two', []]);
  });

  test('are moved, given away and removed', async () => {
    const files = await place();
    await files.call('MakeDirectory', { path: '/from' });
    await files.write('/from/file', 'x');
    await files.write('/other', 'y');

    await expect(files.call('Move', { from: '/from/file', to: '/other' })).rejects.toThrow('exists: /from/file to /other');
    expect(await (await files.call('Move', { from: '/from/file', to: '/other', overwrite: true })).json()).toMatchObject({ name: 'other' });
    expect(await files.text('/other')).toBe('x');
    await files.call('Move', { from: '/from', to: '/to' });
    await files.write('/to/deep', 'z');
    expect(await (await files.call('Change', { path: '/to/deep', mode: '4711', uid: 3 })).json()).toMatchObject({
      mode: 0o4711,
      uid: 3,
      gid: 0,
    });
    await expect(files.call('Remove', { path: '/to' })).rejects.toThrow('directory is not empty: /to');
    await files.call('Remove', { path: '/to', recursive: true });
    await files.call('Remove', { path: '/other' });
    expect((await files.names('/')).filter((name) => ['from', 'to', 'other'].includes(name))).toEqual([]);
    await expect(files.call('Remove', { path: '/', recursive: true })).rejects.toThrow('/ cannot be removed');
  });

  test('come and go as archives', async () => {
    const files = await place();
    await files.call('MakeDirectory', { path: '/d' });
    await files.write('/d/file', 'content');
    const tar = (await files.call('Archive', { path: '/d' })).bytes;
    const pieces: Uint8Array[] = [];
    for await (const piece of tar) pieces.push(piece);

    await files.call('MakeDirectory', { path: '/copy' });
    await files.call('Extract', { path: '/copy' }, { body: Buffer.concat(pieces) });
    expect([await files.names('/copy'), await files.text('/copy/d/file')]).toEqual([['d'], 'content']);
    await expect(files.call('Extract', { path: '/none' }, { body: Buffer.concat(pieces) })).rejects.toMatchObject({
      details: { status: 404 },
    });
    await expect(files.call('Archive', { path: '/none' })).rejects.toMatchObject({ details: { status: 404 } });
  });

  test('that are not what they are asked for are refused by name', async () => {
    const files = await place();
    await files.write('/file', 'x');

    for (const [operation, query, status, message] of [
      ['List', { path: '/none' }, 404, 'no such file or directory: /none'],
      ['List', { path: '/file' }, 400, 'not a directory: /file'],
      ['Content', { path: '/' }, 400, 'is a directory: /'],
      ['Content', { path: '/file/x' }, 400, 'lstat /file/x: not a directory'],
      ['Stat', { path: '' }, 400, 'the parameter path is missing'],
      ['List', { path: '/', limit: 0 }, 400, 'the parameter limit is not above zero: 0'],
      ['MakeDirectory', { path: '/file' }, 409, 'exists: /file'],
      ['MakeDirectory', { path: '/x/y' }, 404, 'no such file or directory: /x/y'],
      ['Change', { path: '/file', mode: '999' }, 400, 'the parameter mode is no octal number of four digits: 999'],
      ['Change', { path: '/file', uid: 4_294_967_295 }, 400, 'the parameter uid is no id: 4294967295'],
      ['Move', { from: '/none', to: '/x' }, 404, 'no such file or directory: /none'],
    ] as const) {
      await expect(files.call(operation, query)).rejects.toMatchObject({ message, details: { status } });
    }
    await expect(files.write('/x/y', '')).rejects.toThrow('no such file or directory');
  });

  test('lead through links to where they would with it as /', async () => {
    const files = await place();
    await files.call('MakeDirectory', { path: '/etc/own', parents: true });
    const link = (name: string, linkName: string): Buffer =>
      execFileSync('python3', [
        '-c',
        'import tarfile,sys\nt=tarfile.open(fileobj=sys.stdout.buffer,mode="w|")\ni=tarfile.TarInfo(sys.argv[1]);i.type=tarfile.SYMTYPE;i.linkname=sys.argv[2];t.addfile(i)\nt.close()',
        ...[name, linkName],
      ]);
    await files.call('Extract', { path: '/' }, { body: link('abs', '/etc/own') });
    await files.call('Extract', { path: '/' }, { body: link('rel', 'etc/own') });

    await files.write('/abs/file', 'inside');
    expect([await files.text('/rel/file'), await files.text('/etc/own/file')]).toEqual(['inside', 'inside']);
    expect(await (await files.call('Stat', { path: '/abs' })).json()).toMatchObject({ type: 'symlink', linkTarget: '/etc/own' });
    await files.call('Remove', { path: '/abs', recursive: true });
    expect(await files.names('/etc/own')).toEqual(['file']);
  });
});

test('what is mounted read-only stays so, and one file that is mounted is written in its place', async () => {
  await using outside = await temporaryDirectory();
  writeFileSync(join(outside.path, 'config'), 'old');
  const files = await newContainer({
    HostConfig: { Binds: [`${outside.path}:/ro:ro`, `${outside.path}/config:/config`, 'rw-files:/rw'], ReadonlyRootfs: true },
  });

  await expect(files.write('/ro/x', '')).rejects.toMatchObject({ message: 'read-only file system: /ro/x', details: { status: 403 } });
  await expect(files.write('/x', '')).rejects.toMatchObject({ details: { status: 403 } });
  await files.write('/rw/x', 'volume');
  expect(await files.text('/rw/x')).toBe('volume');
});

test('a mounted file keeps its place', async () => {
  await using outside = await temporaryDirectory();
  writeFileSync(join(outside.path, 'config'), 'a longer old content');
  const { ino } = statSync(join(outside.path, 'config'));
  const files = await newContainer({ HostConfig: { Binds: [`${outside.path}/config:/config`] } });
  await files.write('/config', 'new');
  expect([readFileSync(join(outside.path, 'config'), 'utf8'), statSync(join(outside.path, 'config')).ino]).toEqual(['new', ino]);
  await expect(files.call('Remove', { path: '/config' })).rejects.toThrow('is mounted there: /config');
});

test('what is mounted below a directory is not emptied when the directory is removed', async () => {
  await using outside = await temporaryDirectory();
  writeFileSync(join(outside.path, 'kept'), 'kept');
  const files = await newContainer({ HostConfig: { Binds: [`${outside.path}:/srv/data`] } });
  await files.write('/srv/data/kept', 'kept');

  const removing = files.call('Remove', { path: '/srv', recursive: true });

  await expect(removing).rejects.toMatchObject({
    message: expect.stringContaining('another file system lies there') as string,
    details: { status: 409 },
  });
  expect(readFileSync(join(outside.path, 'kept'), 'utf8')).toBe('kept');
});

test('a directory with 200,000 names comes in pages, in bounded memory, and goes', async () => {
  const files = await newVolume();
  const directory = join(files.root, 'many');
  mkdirSync(directory);
  execFileSync('python3', [
    '-c',
    'import os,sys\nos.chdir(sys.argv[1])\nfor i in range(200000): os.close(os.open("n%06d"%i,os.O_CREAT|os.O_WRONLY))',
    directory,
  ]);
  const before = process.memoryUsage().rss;

  const first = await (await files.call('List', { path: '/many' })).json<FilePage>();
  expect([first.entries.length, first.entries[0]?.name, first.entries.at(-1)?.name]).toEqual([1000, 'n000000', 'n000999']);
  let cursor = Buffer.from('n099999').toString('base64url');
  writeFileSync(join(directory, 'n000000-new'), ''); // before the cursor: changes no later page
  const seen: string[] = [];
  for (let page = 0; page < 10; page++) {
    const { entries, next = '' } = await (await files.call('List', { path: '/many', cursor, limit: 10_000 })).json<FilePage>();
    seen.push(...entries.map(({ name }) => name));
    cursor = next;
  }
  expect([seen.length, seen[0], seen.at(-1), cursor]).toEqual([100_000, 'n100000', 'n199999', '']);
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  await files.call('Remove', { path: '/many', recursive: true });
  expect(readdirSync(files.root)).toEqual([]);
}, 120_000);

test('names that are no UTF-8 are shown as such', async () => {
  const files = await newVolume();
  writeFileSync(Buffer.concat([Buffer.from(`${files.root}/`), Buffer.from([0xff, 0x41])]), '');
  await files.write('/größe', 'x');
  const { entries } = await (await files.call('List', { path: '/' })).json<FilePage>();
  expect(entries.map(({ name, hasUnreadableName }) => [name, hasUnreadableName])).toEqual([
    ['größe', undefined],
    ['\ufffdA', true],
  ]);
});

test('a running container sees what is written, and its own links lead nowhere outside', async () => {
  const script =
    'ln -s /proc/1/root/etc/passwd /proc-link; ln -s ../../../../etc/hostname /up; while [ ! -e /go ]; do usleep 20000; done; cat /go';
  const id = await runIn(engine.client, shell(script));
  const files = placeOf('Container', { id });
  await eventually(async () => expect(await files.names('/')).toContain('up'));
  await expect(files.text('/proc-link')).rejects.toThrow('no such file or directory');
  expect(await files.text('/up')).toBe(`${id.slice(0, 12)}\n`);
  await files.write('/go', 'seen');
  expect(await waitIn(engine.client, id)).toBe(0);
  expect(await (await engine.client.call('ContainerLogs', { path: { id }, query: { stdout: true } })).text()).toContain('seen');
});
