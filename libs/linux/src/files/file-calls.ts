// C functions that work relative to an open directory. Names are bytes (NUL-terminated buffers): a file name on Linux need not be UTF-8.
import { constants } from 'node:fs';
import koffi from 'koffi';
import { checked, errno } from '../system/libc.ts';

const library = koffi.load(null);

type Call<Arguments extends unknown[]> = (...args: Arguments) => number;
type Bytes = Uint8Array;

const declared = (prototype: string): unknown => library.func(prototype);

const syscall = library.func('syscall', 'long', ['long', 'int', 'void *', 'void *', 'size_t']) as Call<
  [number: number, directory: number, path: Bytes, how: Bytes, size: number]
>;
const openat2Number = 437; // the same on all architectures

const c = {
  mkdirat: declared('int mkdirat(int directory, void *path, uint mode)') as Call<[number, Bytes, number]>,
  mknodat: declared('int mknodat(int directory, void *path, uint mode, ulong device)') as Call<[number, Bytes, number, number]>,
  symlinkat: declared('int symlinkat(void *target, int directory, void *path)') as Call<[Bytes, number, Bytes]>,
  linkat: declared('int linkat(int from, void *old, int to, void *path, int flags)') as Call<[number, Bytes, number, Bytes, number]>,
  renameat2: declared('int renameat2(int from, void *old, int to, void *path, uint flags)') as Call<[number, Bytes, number, Bytes, number]>,
  unlinkat: declared('int unlinkat(int directory, void *path, int flags)') as Call<[number, Bytes, number]>,
  fchownat: declared('int fchownat(int directory, void *path, uint uid, uint gid, int flags)') as Call<
    [number, Bytes, number, number, number]
  >,
  utimensat: declared('int utimensat(int directory, void *path, void *times, int flags)') as Call<[number, Bytes, Bytes, number]>,
  setxattr: declared('int setxattr(void *path, void *name, void *value, size_t size, int flags)') as Call<
    [Bytes, Bytes, Bytes, number, number]
  >,
  readlinkat: declared('long readlinkat(int directory, void *path, void *target, size_t size)') as Call<[number, Bytes, Bytes, number]>,
  getxattr: declared('long getxattr(void *path, void *name, void *value, size_t size)') as Call<[Bytes, Bytes, Bytes, number]>,
  listxattr: declared('long listxattr(void *path, void *list, size_t size)') as Call<[Bytes, Bytes, number]>,
  syncfs: declared('int syncfs(int fd)') as Call<[number]>,
  sync_file_range: declared('int sync_file_range(int fd, int64 offset, int64 size, uint flags)') as Call<[number, number, number, number]>,
};

const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const RESOLVE_NO_XDEV = 0x01;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;
const RESOLVE_IN_ROOT = 0x10;
const AT_EMPTY_PATH = 0x1000;
const AT_REMOVEDIR = 0x200;
const SYNC_FILE_RANGE_WRITE = 2;

export interface Time {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** A byte string (one character per byte) as C wants it. */
export function cBytes(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'latin1');
}

const empty = cBytes('');

/** struct open_how */
function how(flags: number, mode: number, resolve: number): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeBigUInt64LE(BigInt(flags), 0);
  bytes.writeBigUInt64LE(BigInt(mode), 8);
  bytes.writeBigUInt64LE(BigInt(resolve), 16);
  return bytes;
}

const inRoot = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
const oneStep = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
const ways = {
  /** A directory anywhere below; links are followed as if the start were `/`. */
  directoryInRoot: how(O_PATH | O_DIRECTORY | O_CLOEXEC, 0, inRoot),
  /** One name, whatever it is, itself and never where it points. */
  itself: how(O_PATH | O_NOFOLLOW | O_CLOEXEC, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS),
  /** Whatever lies anywhere below; links are followed as if the start were `/`. */
  anyInRoot: how(O_PATH | O_CLOEXEC, 0, inRoot),
  /** A directory anywhere below, to be read; links are followed as if the start were `/`. */
  directoryInRootToList: how(O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, inRoot),
  fileToRead: how(O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0, oneStep),
  directoryToList: how(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, oneStep),
  /** EXDEV where something is mounted: what is there belongs to somebody else. */
  directoryToEmpty: how(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, oneStep | RESOLVE_NO_XDEV),
  /** `..` of a directory, wherever that is now: whoever opens it compares it with what it was. */
  parentToEmpty: how(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV),
} as const;

const EAGAIN = 11;
const mostRetries = 1000;

/**
 * Opens `path` below the open directory; the kernel itself keeps the walk inside (openat2, Linux 5.6). It answers EAGAIN where somebody
 * renames on the way and `..` is walked, so that is tried again.
 */
export function openBelow(directory: number, path: string, way: keyof typeof ways): number {
  return openAs(directory, path, ways[way]);
}

const newFile = how(O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0, oneStep);

/** A new file, open for writing; fails with `EEXIST` where something lies there. */
export function createBelow(directory: number, name: string, mode: number): number {
  newFile.writeBigUInt64LE(BigInt(mode), 8);
  return openAs(directory, name, newFile);
}

function openAs(directory: number, path: string, way: Buffer): number {
  const name = cBytes(path);
  for (let attempt = 0; ; attempt++) {
    const fd = syscall(openat2Number, directory, name, way, 24);
    if (fd >= 0 || errno() !== EAGAIN || attempt === mostRetries) return checked(fd, 'openat2', shown(path));
  }
}

export function makeDirectoryAt(directory: number, name: string): void {
  checked(c.mkdirat(directory, cBytes(name), 0o700), 'mkdirat', shown(name));
}

const nodeTypes = { character: 0o020000, block: 0o060000, fifo: 0o010000 } as const;

export function makeNodeAt(
  directory: number,
  name: string,
  node: { type: keyof typeof nodeTypes; device: { major: number; minor: number } },
): void {
  const { major, minor } = node.device;
  // makedev(3): 12 bits of major at 8, 20 bits of minor split at its low byte.
  const device = ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12)) >>> 0;
  checked(c.mknodat(directory, cBytes(name), nodeTypes[node.type] | 0o600, device), 'mknodat', shown(name));
}

export function symlinkAt(directory: number, name: string, target: string): void {
  checked(c.symlinkat(cBytes(target), directory, cBytes(name)), 'symlinkat', shown(name));
}

export interface DirectoryEntry {
  readonly directory: number;
  readonly name: string;
}

/** A second name of the same file; a symlink is linked itself. */
export function linkAt(from: DirectoryEntry, to: DirectoryEntry): void {
  checked(c.linkat(from.directory, cBytes(from.name), to.directory, cBytes(to.name), 0), 'linkat', shown(from.name));
}

const RENAME_NOREPLACE = 1;

/** Moves what lies at a name itself; `replaces`: what has the new name goes, where it is of the same kind and no filled directory. */
export function renameAt(from: DirectoryEntry, to: DirectoryEntry, replaces: boolean): void {
  const flags = replaces ? 0 : RENAME_NOREPLACE;
  checked(c.renameat2(from.directory, cBytes(from.name), to.directory, cBytes(to.name), flags), 'renameat2', shown(from.name));
}

export function unlinkAt(directory: number, name: string, kind: 'directory' | 'other'): void {
  checked(c.unlinkat(directory, cBytes(name), kind === 'directory' ? AT_REMOVEDIR : 0), 'unlinkat', shown(name));
}

/** All of these take a descriptor of the object itself; O_PATH will do. */
export function changeOwner(fd: number, uid: number, gid: number): void {
  checked(c.fchownat(fd, empty, uid, gid, AT_EMPTY_PATH), 'fchownat', `${uid}:${gid}`);
}

export function changeTime(fd: number, time: Time): void {
  const times = Buffer.alloc(32);
  for (const at of [0, 16]) {
    times.writeBigInt64LE(BigInt(time.seconds), at);
    times.writeBigInt64LE(BigInt(time.nanoseconds), at + 8);
  }
  checked(c.utimensat(fd, empty, times, AT_EMPTY_PATH), 'utimensat', String(time.seconds));
}

export function setAttribute(fd: number, name: string, value: Uint8Array): void {
  const path = cBytes(`/proc/self/fd/${fd}`);
  checked(c.setxattr(path, Buffer.from(`${name}\0`), value.length === 0 ? Buffer.alloc(1) : value, value.length, 0), 'setxattr', name);
}

const longestPath = 4096; // PATH_MAX

/** Where a symlink points, by a descriptor of the link itself; a byte string. */
export function linkTarget(fd: number): string {
  const target = Buffer.alloc(longestPath);
  const length = checked(c.readlinkat(fd, empty, target, target.length), 'readlinkat', String(fd));
  return target.toString('latin1', 0, length);
}

const longestAttribute = 65_536; // XATTR_SIZE_MAX and XATTR_LIST_MAX
const attributeNames = Buffer.alloc(longestAttribute);
const EOPNOTSUPP = 95;

/** All extended attributes; none where the file system has none. */
export function attributesOf(fd: number): Map<string, Uint8Array> {
  const path = cBytes(`/proc/self/fd/${fd}`);
  const length = c.listxattr(path, attributeNames, attributeNames.length);
  if (length < 0 && errno() === EOPNOTSUPP) return new Map();
  const names = attributeNames.toString('utf8', 0, checked(length, 'listxattr', 'attributes')).split('\0');
  const attributes = new Map<string, Uint8Array>();
  for (const name of names.filter((one) => one !== '')) {
    const value = Buffer.alloc(longestAttribute);
    const size = c.getxattr(path, Buffer.from(`${name}\0`), value, value.length);
    if (size >= 0) attributes.set(name, Uint8Array.from(value.subarray(0, size)));
  }
  return attributes;
}

/** All that was written to the file system that holds `fd` is on its disk afterwards; blocks. */
export function syncFileSystem(fd: number): void {
  checked(c.syncfs(fd), 'syncfs', String(fd));
}

/**
 * The disk begins to write what is in the file, without anybody waiting for it: the sync that comes finds little left. A hint and no promise, so that a file
 * system that cannot do it may be silent (sync_file_range(2)).
 */
export function beginToWriteOut(fd: number): void {
  c.sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

function shown(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}
