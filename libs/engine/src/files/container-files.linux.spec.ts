import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import { engineClient } from '@gantry/engine-api';
import { type TarInput, writeTar } from '@gantry/oci';
import { openTestEngine, type TestEngine } from '../testing/open-test-engine.ts';

const opened = closedAfterEach();

let under: TestEngine;
beforeAll(async () => {
  under = await openTestEngine();
});
afterAll(() => under[Symbol.asyncDispose]());

async function container(config: Readonly<Record<string, unknown>>, start = true): Promise<string> {
  const body = { Image: 'busybox', ...config } as never;
  const { Id } = await (await under.client.call('ContainerCreate', { body })).json<{ Id: string }>();
  if (start) await under.client.call('ContainerStart', { path: { id: Id } });
  return Id;
}

const tarOf = async (entries: readonly TarInput[]): Promise<Buffer> => Buffer.concat(await Array.fromAsync(writeTar(entries)));
const file = (name: string, text = 'x'): TarInput => ({ type: 'file', name, sizeBytes: text.length, body: [Buffer.from(text)] });

async function put(id: string, path: string, entries: readonly TarInput[]): Promise<string> {
  const answer = under.client.call('PutContainerArchive', { path: { id }, query: { path }, body: await tarOf(entries) });
  return answer.then(
    () => '',
    (failure: unknown) => (failure as Error).message,
  );
}

async function get(id: string, path: string): Promise<string> {
  const { bytes: body } = await under.client.call('ContainerArchive', { path: { id }, query: { path } });
  const bytes = Buffer.concat(await Array.fromAsync(body));
  return execFileSync('tar', ['xOf', '-'], { input: bytes, encoding: 'latin1', stdio: ['pipe', 'pipe', 'ignore'] });
}

function hostDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'gantry-files-'));
  opened.defer(() => rmSync(path, { recursive: true }));
  return path;
}

test('a container that swaps directories for links while files are copied in and out reaches nothing of the host', async () => {
  const outside = hostDirectory();
  mkdirSync(join(outside, 'd'));
  writeFileSync(join(outside, 'd/secret'), 'secret of the host');
  const script = `mkdir /box /box/d; echo own >/box/d/secret; ln -s ${outside}/d /box/l1; ln -s ../../../../../../../..${outside}/d /box/l2
    while :; do mv /box/d /box/t; mv /box/l1 /box/d; mv /box/d /box/l1; mv /box/l2 /box/d; mv /box/d /box/l2; mv /box/t /box/d; done`;
  const id = await container({ Cmd: ['sh', '-c', script] });
  const seen = new Set<string>();
  const said = new Set<string>();
  for (let round = 0; round < 12; round++) {
    said.add(
      (await put(id, '/box', [file('d/secret', 'written'), { type: 'directory', name: 'd', uid: 7 }, file(`d/new-${round}`)])) && 'refused',
    );
    seen.add(await get(id, '/box/d/.').catch(() => ''));
    seen.add(await get(id, '/box/d/secret').catch(() => ''));
  }
  expect([...seen].filter((text) => text.includes('secret of the host'))).toEqual([]);
  expect(said.size).toBeGreaterThan(0);
  expect(readdirSync(join(outside, 'd'))).toEqual(['secret']);
  expect(readFileSync(join(outside, 'd/secret'), 'utf8')).toBe('secret of the host');
  expect(statSync(join(outside, 'd')).uid).toBe(0);
});

test('a device that a container makes is copied as a device and never read', async () => {
  const id = await container({ Cmd: ['sh', '-c', 'mkdir /n; mknod /n/zero c 1 5; mknod /n/disk b 254 0; echo done >/n/z; sleep 60'] });
  await eventually(async () => expect(await get(id, '/n/z')).toBe('done\n'));
  expect(await get(id, '/n')).toBe('done\n');
});

test('a link cannot turn a copy into a read-only bind or a read-only rootfs', async () => {
  const kept = hostDirectory();
  const open = hostDirectory();
  writeFileSync(join(kept, 'f'), 'kept');
  const id = await container({ HostConfig: { ReadonlyRootfs: true, Binds: [`${kept}:/kept:ro`, `${open}:/open`] } }, false);
  await put(id, '/open', [
    { type: 'symlink', name: 'l', linkName: '/kept' },
    { type: 'symlink', name: 'r', linkName: '/etc' },
  ]);

  expect(await put(id, '/open', [file('l/f', 'changed')])).toMatch(/read-only file system/);
  expect(await put(id, '/open', [file('r/passwd', 'changed')])).toMatch(/read-only file system/);
  expect(await put(id, '/open/l', [file('f', 'changed')])).toBe('mounted volume is marked read-only');
  expect(readFileSync(join(kept, 'f'), 'utf8')).toBe('kept');
  expect(await get(id, '/etc/passwd')).toContain('root:x:0');
});

test('attributes and owners go in and out; copyUIDGID gives all to the user of the container', async () => {
  const id = await container({ User: '1000:1000' }, false);
  const xattrs = new Map([['user.colour', Buffer.from('red')]]);
  await put(id, '/var', [{ ...file('f'), uid: 5, gid: 6, xattrs, mtime: { seconds: 1_000_000, nanoseconds: 0 } }]);
  const { bytes: body } = await under.client.call('ContainerArchive', { path: { id }, query: { path: '/var/f' } });
  const bytes = Buffer.concat(await Array.fromAsync(body));
  expect(bytes.toString('latin1')).toContain('SCHILY.xattr.user.colour=red');
  expect(execFileSync('tar', ['tvf', '-', '--numeric-owner'], { input: bytes, encoding: 'utf8' })).toMatch(
    /^-rw-r--r-- 5\/6 +1 1970-01-12/,
  );

  await under.client.call('PutContainerArchive', {
    path: { id },
    query: { path: '/var', copyUIDGID: true },
    body: await tarOf([{ ...file('g'), uid: 5, gid: 6 }]),
  });
  const again = await under.client.call('ContainerArchive', { path: { id }, query: { path: '/var/g' } });
  const owned = Buffer.concat(await Array.fromAsync(again.bytes));
  expect(execFileSync('tar', ['tvf', '-', '--numeric-owner'], { input: owned, encoding: 'utf8' })).toMatch(/^-rw-r--r-- 1000\/1000/);
});

test('a copy that is given up holds nothing: the container is removed and its mount is gone', async () => {
  // The race above may have told that a directory was filled again while it was replaced.
  const before = [...under.problems];
  const id = await container({ Cmd: ['sh', '-c', 'dd if=/dev/zero of=/big bs=1M count=64 2>/dev/null; sleep 60'] });
  const gone = new AbortController();
  const client = engineClient(under.engine.handle);
  const { bytes: body } = await client.call('ContainerArchive', { path: { id }, query: { path: '/' } }, gone.signal);
  for await (const bytes of body) if (bytes.length > 0) break;
  gone.abort();
  await client.call('ContainerDelete', { path: { id }, query: { force: true } });
  expect(under.problems).toEqual(before);
});

/** Workers alone: libuv and the kernel come and go as they like. */
const threads = (): string[] =>
  readdirSync('/proc/self/task').filter((id) => readFileSync(`/proc/self/task/${id}/comm`, 'utf8').startsWith('WorkerThread'));
const mountNamespaces = (): Set<string> => new Set(threads().map((id) => readlinkSync(`/proc/self/task/${id}/ns/mnt`)));

test('one thread does one task after another and is in no view between them; one that failed does no more', async () => {
  const volume = hostDirectory();
  writeFileSync(join(volume, 'mine'), 'of the first');
  const first = await container({ Cmd: ['sleep', '60'], HostConfig: { Binds: [`${volume}:/mnt`] } });
  const second = await container({ Cmd: ['sleep', '60'] });
  expect(await get(first, '/mnt/mine')).toBe('of the first');
  const before = threads();

  for (const id of [first, second, first, second]) {
    const found = await under.client.call('ContainerArchiveInfo', { path: { id }, query: { path: '/mnt/mine' } }).then(
      () => true,
      () => false,
    );
    expect(found).toBe(id === first);
    expect(mountNamespaces()).toEqual(new Set([readlinkSync('/proc/self/ns/mnt')]));
  }
  expect(threads()).toEqual(before);

  expect(await put(second, '/etc/passwd', [file('x')])).not.toBe('');
  await eventually(() => expect(threads().every((id) => before.includes(id))).toBe(true));
  await get(second, '/etc/passwd');
  expect(threads()).not.toEqual(before);
});
