import { execFileSync } from 'node:child_process';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type TarInput, type TarType, writeTar } from '@gantry/oci';
import { rawEntry, rawPax } from './raw-tar.ts';

export interface HostileArchive {
  readonly name: string;
  readonly bytes: Buffer;
}

const content = Buffer.from('overwritten');
const types: readonly TarType[] = ['file', 'directory', 'symlink', 'hardlink', 'character', 'fifo'];

/**
 * Archives by which somebody could try to write outside of the directory that they are unpacked to, or to exhaust who unpacks them; more than 150.
 * `outside` is a directory two above that one, `<outside>/precious` a file and `<outside>/d` a directory in it.
 */
export async function* hostileArchives(outside: string): AsyncGenerator<HostileArchive, void, undefined> {
  for (const [name, entries] of [...climbing(outside), ...throughLinks(outside), ...replaced(outside), ...whiteouts(), ...oddEntries()]) {
    yield { name, bytes: Buffer.concat(await Array.fromAsync(writeTar(entries))) };
  }
  for (const [name, bytes] of [...rawOddities(outside), ...paxOddities(outside), ...packed()]) yield { name, bytes };
}

type Case = readonly [string, readonly TarInput[]];
type RawCase = readonly [string, Buffer];

const file = (name: string, more: Partial<TarInput> = {}): TarInput => ({
  ...{ type: 'file', name, sizeBytes: content.length, body: [content], mode: 0o666 },
  ...more,
});
const link = (name: string, linkName: string): TarInput => ({ type: 'symlink', name, linkName });
const hardlink = (name: string, linkName: string): TarInput => ({ type: 'hardlink', name, linkName });
const directory = (name: string): TarInput => ({ type: 'directory', name, mode: 0o777, uid: 9, gid: 9 });
const entryOf = (type: TarType, name: string, outside: string): TarInput => {
  if (type === 'file') return file(name);
  if (type === 'directory') return directory(name);
  if (type === 'symlink' || type === 'hardlink') return { type, name, linkName: `${outside}/precious` };
  return { type, name, device: { major: 1, minor: 3 }, mode: 0o666 };
};

function climbing(outside: string): Case[] {
  const names = [
    ...[
      '../../precious',
      '../../../../../../../../tmp/../precious',
      './../../precious',
      'a/../../../precious',
      '/../../precious',
      '..',
      'a/..',
    ],
    ...['.//..//..//precious', `${outside}/precious`, `/${outside}/precious`, `${outside}/d/../precious`, '...', '../../d/.wh.kept'],
  ];
  return names.flatMap((name) =>
    types.map((type): Case => [`a ${type} named ${name.replace(outside, 'OUT')}`, [entryOf(type, name, outside)]]),
  );
}

function throughLinks(outside: string): Case[] {
  const ways: readonly [string, readonly TarInput[]][] = [
    ['an absolute link', [link('l', outside)]],
    ['a relative link', [link('l', '../..')]],
    ['a link that climbs too far', [link('l', `../../../../../../../../../../../..${outside}`)]],
    ['a chain of links', [link('a', 'b'), link('b', 'c'), link('c', outside), link('l', 'a')]],
    ['a chain of directories', [link('x', '..'), link('y', 'x/..'), link('l', 'y/..')]],
    ['a link to itself', [link('l', 'l')]],
    ['a link to the root of a process', [link('l', `/proc/self/root${outside}`)]],
    ['a link to a working directory', [link('l', '/proc/self/cwd')]],
    ['a link to a descriptor', [link('l', '/proc/self/fd/20')]],
    ['a link with a slash', [link('l/', `${outside}/`)]],
    ['a hardlink to a link', [link('k', outside), hardlink('l', 'k')]],
  ];
  const acts: readonly [string, readonly TarInput[]][] = [
    ['a file', [file('l/precious')]],
    ['a new file', [file('l/new')]],
    ['a file over it', [file('l')]],
    ['a directory', [directory('l/d')]],
    ['a directory over it', [directory('l'), file('l/new')]],
    ['its own attributes', [directory('l/.')]],
    ['a hardlink of what is there', [hardlink('h', 'l/precious'), file('h')]],
    ['a device', [{ type: 'block', name: 'l/disk', device: { major: 254, minor: 0 } }]],
    ['a whiteout', [file('l/.wh.precious')]],
    ['an opaque mark', [file('l/.wh..wh..opq'), file('l/d/.wh..wh..opq')]],
  ];
  return ways.flatMap(([way, first]) => acts.map(([act, then]): Case => [`${act} through ${way}`, [...first, ...then]]));
}

function replaced(outside: string): Case[] {
  return [
    ['a directory that becomes a link', [directory('d'), file('d/f'), link('d', outside), file('d/precious')]],
    ['a parent that becomes a link', [directory('a/b/c'), link('a/b', outside), file('a/b/c/new'), file('a/b/precious')]],
    ['a link that becomes a directory', [link('d', outside), directory('d'), file('d/precious')]],
    ['the root as a link', [link('./', outside), file('precious')]],
    ['the root as a file', [file('.'), file('precious')]],
    ['a file as a parent', [file('f'), file('f/x')]],
    [
      'many turns',
      Array.from({ length: 60 }, (_, at) => (at % 3 === 0 ? directory('t') : at % 3 === 1 ? link('t', outside) : file('t/precious'))),
    ],
    ['hardlinks of hardlinks to a link', [link('k', `${outside}/precious`), hardlink('h', 'k'), hardlink('i', 'h'), file('i')]],
    ['a hardlink to a directory', [directory('d'), hardlink('h', 'd')]],
    ['a hardlink to itself', [file('f'), hardlink('f', 'f')]],
    ['a hardlink to what comes later', [hardlink('h', 'later'), file('later')]],
    ['a hardlink to the root', [hardlink('h', '.')]],
    ['a link without a target', [link('l', ''), file('l/x')]],
  ];
}

function whiteouts(): Case[] {
  const names = [
    '.wh.',
    '.wh..',
    '.wh...',
    '.wh./',
    'a/.wh..',
    'a/.wh...',
    '.wh..wh..opq/',
    '.wh..wh.aufs',
    '.wh..wh.plnk/1',
    '.wh.a/b',
    '.wh..wh..wh.x',
  ];
  const kinds: readonly TarType[] = ['file', 'directory', 'symlink'];
  return [
    ...names.flatMap((name) => kinds.map((type): Case => [`the whiteout ${name} as a ${type}`, [{ ...entryOf(type, name, '/x') }]])),
    ['a whiteout of what comes before and after', [file('f'), file('.wh.f'), file('f')]],
    ['a device that is a whiteout', [{ type: 'character', name: 'w', device: { major: 0, minor: 0 } }, file('w/x')]],
  ];
}

function oddEntries(): Case[] {
  const xattrs = (name: string, bytes = 1): Partial<TarInput> => ({ xattrs: new Map([[name, Buffer.alloc(bytes, 'y')]]) });
  const overlay = ['opaque', 'redirect', 'metacopy', 'origin', 'overlay.opaque'].map((name): Case => [
    `the attribute trusted.overlay.${name}`,
    [{ ...directory('d'), ...xattrs(`trusted.overlay.${name}`) }],
  ]);
  return [
    ...overlay,
    ['an attribute without a name', [file('f', xattrs(''))]],
    ['an attribute of another family', [file('f', xattrs('nothing.known'))]],
    ['an attribute that is too long', [file('f', xattrs('user.long', 70_000))]],
    ['an attribute with a long name', [file('f', xattrs(`user.${'n'.repeat(300)}`))]],
    ['a capability that is none', [file('f', xattrs('security.capability', 3))]],
    ['a name of 300 characters', [file('n'.repeat(300))]],
    ['a path of 6000 characters', [file(`${'d/'.repeat(3000)}f`)]],
    ['a link to 5000 characters', [link('l', 'x'.repeat(5000)), file('l/x')]],
    ['an empty name', [file('')]],
    ['a name of bytes', [file('\xff\xfe/\x01\x7f')]],
    ['a name with a line end', [file('a\nb')]],
    ['a set-id device', [{ type: 'block', name: 'sda', device: { major: 8, minor: 0 }, mode: 0o6777 }]],
    ['a device of a large number', [{ type: 'character', name: 'c', device: { major: 4095, minor: 1_048_575 } }]],
    ['an owner of a large number', [file('f', { uid: 4_294_967_295, gid: 4_294_967_295 })]],
    ['an owner beyond all numbers', [file('f', { uid: 9_007_199_254_740_991 })]],
    ['a time in the far future', [file('f', { mtime: { seconds: 8_589_934_591_000, nanoseconds: 0 } })]],
    ['a time before all times', [directory('d'), file('f', { mtime: { seconds: -9_000_000_000_000, nanoseconds: 0 } })]],
    ['more entries than allowed', Array.from({ length: 2100 }, (_, at) => file(`f${at}`, { sizeBytes: 0, body: [] }))],
  ];
}

function rawOddities(outside: string): RawCase[] {
  const end = Buffer.alloc(1024);
  const good = rawEntry({ name: 'f', body: content });
  const zeros = Buffer.alloc(600);
  return [
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(10_240)],
    ['no tar', Buffer.from('this is no archive '.repeat(100))],
    ['half a header', good.subarray(0, 300)],
    ['a body that is cut', rawEntry({ name: 'f', body: content, sizeBytes: 100_000 })],
    ['no end', good],
    ['a wrong checksum', Buffer.concat([good.with(3, 0x41), end])],
    ['a size below zero', Buffer.concat([rawEntry({ name: 'f', sizeBytes: -512 }), end])],
    ['a size of petabytes', Buffer.concat([rawEntry({ name: 'f', sizeBytes: 2 ** 50 }), end])],
    ['an unknown type', Buffer.concat([rawEntry({ name: 'f', flag: 'Z' }), end])],
    ['a sparse file of GNU', Buffer.concat([rawEntry({ name: 'f', flag: 'S' }), end])],
    ['a volume label', Buffer.concat([rawEntry({ name: 'f', flag: 'V' }), good, end])],
    ['a directory with content', Buffer.concat([rawEntry({ name: 'd/', flag: '5', body: content }), good, end])],
    ['a link with content', Buffer.concat([rawEntry({ name: 'l', flag: '2', link: outside, body: zeros }), good, end])],
    ['a long name that climbs', Buffer.concat([rawEntry({ name: 'L', flag: 'L', body: Buffer.from('../../precious\0') }), good, end])],
    ['a long name of megabytes', Buffer.concat([rawEntry({ name: 'L', flag: 'L', body: Buffer.alloc(2_000_000, 'a') }), good, end])],
    [
      'a long link that climbs',
      Buffer.concat([rawEntry({ name: 'K', flag: 'K', body: Buffer.from('../../precious\0') }), rawEntry({ name: 'h', flag: '1' }), end]),
    ],
    ['a pax path of __proto__', Buffer.concat([rawPax({ path: '__proto__/constructor', __proto__x: 'y' }), good, end])],
    ['bytes behind the end', Buffer.concat([good, end, Buffer.alloc(5000, 0xff)])],
  ];
}

function paxOddities(outside: string): RawCase[] {
  const end = Buffer.alloc(1024);
  const good = rawEntry({ name: 'f', body: content });
  const hole = { 'GNU.sparse.size': '1000', 'GNU.sparse.map': `0,${content.length}` };
  const ones = Buffer.alloc(2_000_000, '1000000\n');
  return [
    ['a pax path that climbs', Buffer.concat([rawPax({ path: '../../precious' }), good, end])],
    ['a pax path that is absolute', Buffer.concat([rawPax({ path: `${outside}/precious` }), good, end])],
    ['a pax path with a NUL', Buffer.concat([rawPax({ path: 'a\0/../../precious' }), good, end])],
    ['a pax link that climbs', Buffer.concat([rawPax({ linkpath: '../../precious' }), rawEntry({ name: 'h', flag: '1' }), good, end])],
    ['a pax size that lies', Buffer.concat([rawPax({ size: '99999999999999999999' }), good, end])],
    ['a pax size below zero', Buffer.concat([rawPax({ size: '-1' }), good, end])],
    ['a pax size that hides an entry', Buffer.concat([rawPax({ size: '0' }), good, end])],
    ['a pax time that is none', Buffer.concat([rawPax({ mtime: 'never' }), good, end])],
    ['a pax owner that is none', Buffer.concat([rawPax({ uid: '0x0' }), good, end])],
    ['a pax sparse file', Buffer.concat([rawPax({ 'GNU.sparse.major': '1' }), good, end])],
    ['a pax sparse file that climbs', Buffer.concat([rawPax({ ...hole, 'GNU.sparse.name': '../../precious' }), good, end])],
    ['a pax sparse file of petabytes', Buffer.concat([rawPax({ ...hole, 'GNU.sparse.size': String(2 ** 52) }), good, end])],
    ['a pax sparse file whose pieces lie over each other', Buffer.concat([rawPax({ ...hole, 'GNU.sparse.map': '9,3,0,3' }), good, end])],
    [
      'a pax sparse file with an endless map',
      Buffer.concat([
        rawPax({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '9' }),
        rawEntry({ name: 'f', body: ones }),
        end,
      ]),
    ],
    ['a pax record of a wrong length', Buffer.concat([rawEntry({ name: 'p', flag: 'x', body: Buffer.from('99 path=x\n') }), good, end])],
    ['a pax record without a length', Buffer.concat([rawEntry({ name: 'p', flag: 'x', body: Buffer.from(' path=x\n') }), good, end])],
    ['a pax header of megabytes', Buffer.concat([rawEntry({ name: 'p', flag: 'x', body: Buffer.alloc(2_000_000, 'a') }), good, end])],
    ['a pax header for nothing', Buffer.concat([rawPax({ path: 'x' }), end])],
    ['a hundred pax headers', Buffer.concat([...Array.from({ length: 100 }, () => rawPax({ path: '../../precious' })), good, end])],
    ['a global path', Buffer.concat([rawPax({ path: '../../precious' }, 'g'), good, end])],
  ];
}

/** Within limits of a test (see there) that a bomb breaks. */
function packed(): RawCase[] {
  const tar = rawEntry({ name: 'zeros', body: Buffer.alloc(8_000_000) });
  const half = gzipSync(rawEntry({ name: 'f', body: Buffer.alloc(50_000, 'text') }));
  return [
    ['a gzip bomb', gzipSync(tar)],
    ['a zstd bomb', zstdCompressSync(tar)],
    ['a gzip stream that is cut', half.subarray(0, half.length >> 1)],
    ['a gzip stream that is damaged', Buffer.from(half).fill(0x55, half.length >> 1)],
    ['a zstd stream that is cut', zstdCompressSync(tar).subarray(0, 200)],
    ['a gzip stream in a gzip stream', gzipSync(gzipSync(tar))],
    ['an xz bomb', execFileSync('xz', ['-c'], { input: tar })],
    ['a bzip2 bomb', execFileSync('bzip2', ['-c'], { input: tar })],
    ['an xz stream that is cut', execFileSync('xz', ['-c'], { input: half }).subarray(0, 100)],
    ['an xz stream', Buffer.from('fd377a585a000004e6d6b446', 'hex')],
    ['a bzip2 stream', Buffer.from('BZh91AY&SY')],
  ];
}
