import { checked, errno, errnos, libc } from './libc.ts';

const types = { character: 0o020000, block: 0o060000, fifo: 0o010000 } as const;

export interface NodeOperations {
  /** The value of an extended attribute of the path itself (links are not followed); undefined where it has none. */
  getXattr(path: string, name: string): Uint8Array | undefined;
  setXattr(path: string, name: string, value: Uint8Array): void;
  removeXattr(path: string, name: string): void;
  listXattrs(path: string): string[];
  /** Makes a device or fifo; a whiteout is the character device 0, 0. */
  makeNode(path: string, node: { type: keyof typeof types; mode: number; major: number; minor: number }): void;
}

/** They keep no state: other threads may call them too. */
export const nodeOperations: NodeOperations = {
  getXattr(path, name) {
    const value = Buffer.alloc(65_536); // XATTR_SIZE_MAX
    const size = libc.lgetxattr(path, name, value, value.length);
    if (size < 0 && errno() === errnos.ENODATA) return undefined;
    return new Uint8Array(value.subarray(0, checked(size, 'lgetxattr', `${path} ${name}`)));
  },
  setXattr(path, name, value) {
    checked(libc.lsetxattr(path, name, value, value.length, 0), 'lsetxattr', `${path} ${name}`);
  },
  removeXattr(path, name) {
    checked(libc.lremovexattr(path, name), 'lremovexattr', `${path} ${name}`);
  },
  listXattrs(path) {
    const list = Buffer.alloc(65_536); // XATTR_LIST_MAX
    const size = checked(libc.llistxattr(path, list, list.length), 'llistxattr', path);
    return list
      .toString('utf8', 0, size)
      .split('\0')
      .filter((name) => name !== '');
  },
  makeNode(path, { type, mode, major, minor }) {
    // The form of makedev(3): the low byte of minor, twelve bits of major, the rest of minor.
    const device = (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) << 12);
    checked(libc.mknod(path, types[type] | mode, device >>> 0), 'mknod', path);
  },
};
