import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, symlinkSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { byteText, readableText } from './entry.ts';
import { paxRecord } from './pax.ts';
import { readTar } from './read-tar.ts';
import { type TarInput, writeTar } from './write-tar.ts';

const opened = closedAfterEach();

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function listed(archive: Uint8Array, size = 10_000): Promise<{ name: string; content: string; [key: string]: unknown }[]> {
  const entries = [];
  for await (const { body, ...header } of readTar(pieces(archive, size))) {
    entries.push({ ...header, content: Buffer.concat(await Array.fromAsync(body)).toString() });
  }
  return entries;
}

async function packed(entries: TarInput[]): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(writeTar(entries)));
}

const long = `${'directory/'.repeat(30)}file`;

test.each(['--format=v7', '--format=ustar', '--format=gnu', '--format=pax', '--format=posix'])(
  'GNU tar %s is read as it was written',
  async (format) => {
    const { path } = opened.use(await temporaryDirectory());
    const name = format === '--format=v7' ? 'short/file' : format === '--format=ustar' ? `${'d'.repeat(90)}/${'f'.repeat(90)}` : long;
    mkdirSync(join(path, name, '..'), { recursive: true });
    writeFileSync(join(path, name), 'content');
    symlinkSync('file', join(path, 'link'));
    utimesSync(join(path, name), 1_700_000_000, 1_700_000_000);
    const archive = execFileSync('tar', [format, '--owner=1000', '--group=1001', '-cf', '-', '-C', path, name, 'link'], {
      encoding: 'buffer',
    });

    for (const size of [1, 511, 10_240]) {
      const [file, link] = await listed(archive, size);
      expect(file).toMatchObject({ type: 'file', name, content: 'content', uid: 1000, gid: 1001, mtime: { seconds: 1_700_000_000 } });
      expect(link).toMatchObject({ type: 'symlink', name: 'link', linkName: 'file' });
    }
  },
);

test('what is written is read again, byte for byte', async () => {
  const binary = Uint8Array.from([1, 0, 0, 2, 0xff, 0xfe, 0, 10]);
  const entries: TarInput[] = [
    { type: 'directory', name: 'd/', mode: 0o1777 },
    { type: 'file', name: byteText('d/größe 雪'), sizeBytes: 4, body: [Buffer.from('snow')], mode: 0o4755, uid: 3_000_000, gid: 4_000_000 },
    { type: 'file', name: '\xff\xfe-no-utf8', sizeBytes: 0, mtime: { seconds: -5, nanoseconds: 250_000_000 } },
    { type: 'file', name: long, xattrs: new Map([['security.capability', binary]]) },
    { type: 'hardlink', name: 'h', linkName: byteText('d/größe 雪') },
    { type: 'character', name: 'null', device: { major: 1, minor: 3 } },
    { type: 'fifo', name: 'pipe' },
  ];

  const read = await listed(await packed(entries));

  expect(read.map(({ name }) => name)).toEqual(entries.map(({ name }) => name));
  expect(read[1]).toMatchObject({ content: 'snow', mode: 0o4755, uid: 3_000_000, gid: 4_000_000 });
  expect(readableText(read[1]?.name ?? '')).toBe('d/größe 雪');
  expect(read[2]?.['mtime']).toEqual({ seconds: -5, nanoseconds: 250_000_000 });
  expect(read[3]?.['xattrs']).toEqual(new Map([['security.capability', binary]]));
  expect(read[5]?.['device']).toEqual({ major: 1, minor: 3 });
});

test('GNU tar reads what is written', async () => {
  const archive = await packed([
    { type: 'directory', name: 'd' },
    { type: 'file', name: long, sizeBytes: 3, body: [Buffer.from('abc')] },
  ]);
  expect(execFileSync('tar', ['-tf', '-'], { input: archive, encoding: 'utf8' })).toBe(`d\n${long}\n`);
});

test('content that nobody reads is skipped', async () => {
  const archive = await packed([
    { type: 'file', name: 'big', sizeBytes: 100_000, body: [Buffer.alloc(100_000)] },
    { type: 'file', name: 'small', sizeBytes: 1, body: [Buffer.from('x')] },
  ]);
  const names = [];
  for await (const entry of readTar(pieces(archive, 777))) names.push(entry.name);
  expect(names).toEqual(['big', 'small']);
});

test('what follows the closing blocks is read to the end, so that its hash is whole', async () => {
  const archive = Buffer.concat([await packed([{ type: 'file', name: 'a' }]), Buffer.alloc(50_000, 1)]);
  let bytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces(archive, 1000)) {
      bytes += piece.length;
      yield piece;
    }
  }
  await Array.fromAsync(readTar(counted()));
  expect(bytes).toBe(archive.length);
});

test.each([
  ['a cut entry', (tar: Buffer) => tar.subarray(0, 700), 'ends in the middle'],
  ['a cut header', (tar: Buffer) => tar.subarray(0, 300), 'ends in the middle'],
  ['a wrong checksum', (tar: Buffer) => ((tar[0] = 0x7a), tar), 'wrong checksum'],
  ['text', () => Buffer.alloc(2000, 'this is no tar '), 'tar header has'],
])('%s is refused', async (_, damage, message) => {
  const archive = await packed([{ type: 'file', name: 'a', sizeBytes: 400, body: [Buffer.alloc(400)] }]);
  await expect(listed(damage(archive))).rejects.toThrow(message);
});

test.each([
  ['GNU format', '--format=gnu'],
  ['pax format 0.0', '--format=posix', '--sparse-version=0.0'],
  ['pax format 0.1', '--format=posix', '--sparse-version=0.1'],
  ['pax format 1.0', '--format=posix', '--sparse-version=1.0'],
])('a sparse file of the %s has its holes', async (_, ...options) => {
  const { path } = opened.use(await temporaryDirectory());
  const [sparse, end, hole] = [join(path, 'sparse'), join(path, 'end'), join(path, 'hole')];
  const fd = openSync(sparse, 'w');
  // More pieces than the header has room for, and than one more block has.
  for (let at = 0; at < 40; at++) writeSync(fd, `piece ${at}`, at * 100_000);
  closeSync(fd);
  execFileSync('truncate', ['-s', '10M', sparse, hole]);
  execFileSync('sh', ['-c', `truncate -s 1M ${end}; echo end >>${end}`]);
  const archive = execFileSync('tar', [...options, '--sparse', '-cf', '-', '-C', path, 'sparse', 'hole', 'end'], { encoding: 'buffer' });
  expect(archive.length).toBeLessThan(1024 * 1024);

  const read = [];
  for await (const { name, sizeBytes, body } of readTar(pieces(archive, 1000))) {
    read.push({ name, sizeBytes, content: Buffer.concat(await Array.fromAsync(body)) });
  }
  expect(read.map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([
    ['sparse', 10 * 1024 * 1024],
    ['hole', 10 * 1024 * 1024],
    ['end', 1024 * 1024 + 4],
  ]);
  expect(read[0]?.content.equals(readFileSync(sparse))).toBe(true);
  expect(read[1]?.content.equals(readFileSync(hole))).toBe(true);
});

test('a map of holes that contradicts itself or the size is refused', async () => {
  const numbers = (map: string, stored = 4): Promise<Buffer> => sparseOf({ 'GNU.sparse.map': map, 'GNU.sparse.size': '100' }, stored);
  for (const map of ['0,4,2,4', '50,4,0,4', '98,4', '0,4,3', '0,-4', 'x', '0,8'])
    await expect(listed(await numbers(map))).rejects.toMatchObject({ code: 'invalid' });
  await expect(listed(await sparseOf({ 'GNU.sparse.map': '0,4' }, 4))).rejects.toThrow('without a size');
  await expect(listed(await sparseOf({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '9' }, 0))).rejects.toThrow(
    'endless map',
  );
  expect(await listed(await numbers('0,0,10,4'))).toMatchObject([{ sizeBytes: 100, content: `${'\0'.repeat(10)}aaaa${'\0'.repeat(86)}` }]);
});

test('endless headers and malformed pax records are refused', async () => {
  const huge = await packed([{ type: 'file', name: 'x', sizeBytes: 2_000_000, body: [Buffer.alloc(2_000_000)] }]);
  for (const flag of ['x', 'L']) await expect(listed(withFlag(huge, flag))).rejects.toThrow('1048576 are the limit');
  for (const record of ['99999 path=a\n', '0 a=b\n', '-1 a=b\n', '9 path=abc', '12 path=a\0b\n', '999999999999 a=b\n']) {
    const pax = await packed([{ type: 'file', name: 'x', sizeBytes: record.length, body: [Buffer.from(record)] }]);
    await expect(listed(withFlag(pax, 'x'))).rejects.toMatchObject({ code: 'invalid' });
  }
});

/** An entry of so many `a` with these pax records. */
async function sparseOf(records: Readonly<Record<string, string>>, storedBytes: number): Promise<Buffer> {
  const lines = Object.entries(records).map(([key, value]) => Buffer.from(paxRecord(key, Buffer.from(value))));
  const pax = await packed([{ type: 'file', name: 'pax', sizeBytes: Buffer.concat(lines).length, body: lines }]);
  const body = Buffer.alloc(storedBytes, 'a');
  return Buffer.concat([
    withFlag(pax.subarray(0, -1024), 'x'),
    await packed([{ type: 'file', name: 'f', sizeBytes: storedBytes, body: [body] }]),
  ]);
}

function withFlag(archive: Buffer, flag: string): Buffer {
  const changed = Buffer.from(archive);
  changed.write(flag, 156, 'latin1');
  changed.write(' '.repeat(8), 148, 'latin1');
  const sum = changed.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  changed.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return changed;
}
