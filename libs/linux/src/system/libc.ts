// Every C function that this library calls by name stands here, with its kernel numbers; libnftables has its own file.
import koffi from 'koffi';
import { Failure } from '@gantry/base';
import { systemFailure } from './system-failure.ts';

const library = koffi.load(null);

type Call<Arguments extends unknown[]> = (...args: Arguments) => number;
type Bytes = Uint8Array;

const declared = (prototype: string): unknown => library.func(prototype);

/** `syscall(2)`; the numbers from 424 on are the same on all architectures. */
const declaredCall = (args: readonly string[]): unknown => library.func('syscall', 'long', ['long', ...args]);
const numbers = { openTree: 428, moveMount: 429, fsopen: 430, fsconfig: 431, fsmount: 432, mountSetattr: 442 } as const;
const calls = {
  fsopen: declaredCall(['str', 'uint']) as Call<[number: number, type: string, flags: number]>,
  fsconfig: declaredCall(['int', 'uint', 'str', 'str', 'int']) as Call<
    [number: number, fd: number, command: number, key: string | null, value: string | null, aux: number]
  >,
  fsmount: declaredCall(['int', 'uint', 'uint']) as Call<[number: number, fd: number, flags: number, attributes: number]>,
  openTree: declaredCall(['int', 'str', 'uint']) as Call<[number: number, directory: number, path: string, flags: number]>,
  mountSetattr: declaredCall(['int', 'str', 'uint', 'void *', 'size_t']) as Call<
    [number: number, directory: number, path: string, flags: number, attributes: Bytes, size: number]
  >,
  moveMount: declaredCall(['int', 'str', 'int', 'str', 'uint']) as Call<
    [number: number, fromFd: number, from: string, toFd: number, to: string, flags: number]
  >,
};

export const libc = {
  setns: declared('int setns(int fd, int nstype)') as Call<[fd: number, kind: number]>,
  unshare: declared('int unshare(int flags)') as Call<[flags: number]>,
  mount: declared('int mount(str source, str target, str type, ulong flags, str data)') as Call<
    [source: string, target: string, type: string | null, flags: number, data: string | null]
  >,
  umount2: declared('int umount2(str target, int flags)') as Call<[target: string, flags: number]>,
  fsopen: (type: string, flags: number) => calls.fsopen(numbers.fsopen, type, flags),
  fsconfig: (fd: number, command: number, ...[key, value]: [key: string | null, value: string | null]) =>
    calls.fsconfig(numbers.fsconfig, fd, command, key, value, 0),
  fsmount: (fd: number, flags: number) => calls.fsmount(numbers.fsmount, fd, flags, 0),
  moveMount: (fromFd: number, target: string, flags: number) => calls.moveMount(numbers.moveMount, fromFd, '', here, target, flags),
  /** Onto what the second descriptor is open at. */
  moveMountOnto: (fromFd: number, toFd: number, flags: number) => calls.moveMount(numbers.moveMount, fromFd, '', toFd, '', flags),
  openTree: (path: string, flags: number) => calls.openTree(numbers.openTree, here, path, flags),
  /** Of what the descriptor is open at; the flags have AT_EMPTY_PATH. */
  openTreeAt: (fd: number, flags: number) => calls.openTree(numbers.openTree, fd, '', flags),
  /** Of the mount that the descriptor is open at; Linux 5.12. */
  mountSetattr: (fd: number, flags: number, attributes: Bytes) =>
    calls.mountSetattr(numbers.mountSetattr, fd, '', flags, attributes, attributes.length),
  socket: declared('int socket(int family, int type, int protocol)') as Call<[family: number, type: number, protocol: number]>,
  bind: declared('int bind(int fd, void *address, uint length)') as Call<[fd: number, address: Bytes, length: number]>,
  connect: declared('int connect(int fd, void *address, uint length)') as Call<[fd: number, address: Bytes, length: number]>,
  listen: declared('int listen(int fd, int backlog)') as Call<[fd: number, backlog: number]>,
  setsockopt: declared('int setsockopt(int fd, int level, int option, void *value, uint length)') as Call<
    [fd: number, level: number, option: number, value: Bytes, length: number]
  >,
  getsockname: declared('int getsockname(int fd, void *address, void *length)') as Call<[fd: number, address: Bytes, length: Bytes]>,
  send: declared('long send(int fd, void *bytes, size_t length, int flags)') as Call<
    [fd: number, bytes: Bytes, length: number, flags: number]
  >,
  recv: declared('long recv(int fd, void *bytes, size_t length, int flags)') as Call<
    [fd: number, bytes: Bytes, length: number, flags: number]
  >,
  flock: declared('int flock(int fd, int operation)') as Call<[fd: number, operation: number]>,
  mknod: declared('int mknod(str path, uint mode, ulong device)') as Call<[path: string, mode: number, device: number]>,
  lgetxattr: declared('long lgetxattr(str path, str name, void *value, size_t size)') as Call<
    [path: string, name: string, value: Bytes, size: number]
  >,
  lsetxattr: declared('int lsetxattr(str path, str name, void *value, size_t size, int flags)') as Call<
    [path: string, name: string, value: Bytes, size: number, flags: number]
  >,
  llistxattr: declared('long llistxattr(str path, void *list, size_t size)') as Call<[path: string, list: Bytes, size: number]>,
  lremovexattr: declared('int lremovexattr(str path, str name)') as Call<[path: string, name: string]>,
};

/** AT_FDCWD */
const here = -100;

/** Passes a result on; a negative one becomes the failure of that call. `about` names the object. Must directly follow the call (errno). */
export function checked(result: number, call: string, about: string): number {
  if (result < 0) throw systemFailure(call, about, koffi.errno());
  return result;
}

/** The errno of the last call, as a number. */
export const errno = (): number => koffi.errno();
export const errnos = koffi.os.errno as Readonly<
  Record<
    'EAGAIN' | 'EINTR' | 'EPIPE' | 'ENODATA' | 'ENODEV' | 'EEXIST' | 'EADDRNOTAVAIL' | 'ESRCH' | 'EINPROGRESS' | 'EALREADY' | 'EISCONN',
    number
  >
>;

/** Fails where the C types of this machine are not those that the byte layouts here were written for (64 bit, little endian). */
export function checkSizes(): void {
  const expected = { int: 4, uint: 4, long: 8, ulong: 8, size_t: 8, 'void *': 8 };
  for (const [type, size] of Object.entries(expected)) {
    const found = koffi.sizeof(type);
    if (found !== size) throw new Failure('unsupported', `this machine's C type ${type} has ${found} bytes, not ${size}`);
  }
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) throw new Failure('unsupported', 'this machine is big endian');
}
