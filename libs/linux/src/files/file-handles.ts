import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  writeSync,
} from 'node:fs';
import { Failure } from '@gantry/base';
import { errnoOf } from '../system/system-failure.ts';
import { attributesOf, beginToWriteOut, changeOwner, changeTime, linkTarget, setAttribute, type Time } from './file-calls.ts';
import { fileCapability, hostCapability, hostOwner, type IdMapping, type Owner, shownCapability, shownOwner } from './id-mapping.ts';

/** What a file has besides its content; what is left out stays as it is. */
export interface FileAttributes {
  readonly mode?: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime?: Time;
  /** Best effort: what the file system cannot hold is left out. */
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
  /** The file whose owner it is to have, where that is who `uid` and `gid` say. */
  readonly like?: FileLook;
}

/** A file that was found; who swaps its name meanwhile changes nothing of what is read. */
export class FileLook implements Disposable {
  readonly #fd: number;
  readonly #ids: IdMapping | undefined;
  /** With the owner as the user namespace of its tree has it. */
  readonly stat: BigIntStats;
  /** As the host has it. */
  readonly owner: Owner;

  constructor(fd: number, ids?: IdMapping) {
    this.#fd = fd;
    this.#ids = ids;
    this.stat = fstatSync(fd, { bigint: true });
    this.owner = { uid: Number(this.stat.uid), gid: Number(this.stat.gid) };
    if (ids === undefined) return;
    const { uid, gid } = shownOwner(ids, this.owner);
    this.stat.uid = BigInt(uid);
    this.stat.gid = BigInt(gid);
  }

  /** Where a symlink points; a byte string. */
  linkTarget(): string {
    return linkTarget(this.#fd);
  }

  xattrs(): Map<string, Uint8Array> {
    const found = attributesOf(this.#fd);
    const capability = found.get(fileCapability);
    return this.#ids === undefined || capability === undefined ? found : found.set(fileCapability, shownCapability(capability));
  }

  /** What is in a directory. */
  names(): string[] {
    return readdirSync(`/proc/self/fd/${this.#fd}`, { encoding: 'latin1' });
  }

  /** A descriptor of a regular file to read, which the caller closes. */
  open(): number {
    return openSync(`/proc/self/fd/${this.#fd}`, constants.O_RDONLY);
  }

  /** An open regular file whose content goes, to be written where it is. */
  overwrite(): NewFile {
    return new NewFile(openSync(`/proc/self/fd/${this.#fd}`, constants.O_WRONLY | constants.O_TRUNC), this.#ids, false);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** A large file goes to the disk while it grows: whoever makes it durable does not wait for all of it at the end. */
const writeOutBytes = 8 * 1024 ** 2;

/** A file that is being written; `close` it always, attributes before. */
export class NewFile {
  readonly #fd: number;
  #sinceWriteOut = 0;
  readonly #ids: IdMapping | undefined;
  readonly #isNew: boolean;

  /** `isNew`: it was just made, by the host's root, and has no owner of its own that could stay. */
  constructor(fd: number, ids: IdMapping | undefined, isNew: boolean) {
    this.#fd = fd;
    this.#ids = ids;
    this.#isNew = isNew;
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
    this.#sinceWriteOut += bytes.length;
    if (this.#sinceWriteOut < writeOutBytes) return;
    beginToWriteOut(this.#fd);
    this.#sinceWriteOut = 0;
  }

  writeAt(offset: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at, bytes.length - at, offset + at);
  }

  /** What nothing is written to is a hole. Fails with `exhausted` where the file system has no files of that size. */
  setSize(sizeBytes: number): void {
    try {
      ftruncateSync(this.#fd, sizeBytes);
    } catch (cause) {
      if (errnoOf(cause) !== 'EFBIG') throw cause;
      throw new Failure('exhausted', `a file of ${sizeBytes} bytes is larger than this file system allows`, { cause });
    }
  }

  setAttributes(attributes: FileAttributes): void {
    applyAttributes(this.#fd, attributes, { ids: this.#ids, isNew: this.#isNew });
  }

  /** What was written is on the disk afterwards. */
  sync(): void {
    fdatasyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

interface OwnerRules {
  readonly ids: IdMapping | undefined;
  /** What it belongs to now is only who made it: an id that would be shown so is not meant by that. */
  readonly isNew: boolean;
}

/**
 * Owner before mode and attributes, since changing it clears set-id bits and capabilities; times last. What is so already is not written again: to look
 * costs a tenth of a change, which goes through the file system's journal.
 */
export function applyAttributes(fd: number, { mode, mtime, xattrs, like, ...owner }: FileAttributes, { ids, isNew }: OwnerRules): void {
  const before = fstatSync(fd);
  const { uid, gid } = ids === undefined ? owner : hostOwner(ids, owner, like?.owner ?? (isNew ? undefined : before));
  const isOwned = before.uid === uid && before.gid === gid;
  if (!isOwned) changeOwner(fd, uid, gid);
  const hasMode = isOwned && (before.mode & 0o7777) === mode;
  if (mode !== undefined && !hasMode && !before.isSymbolicLink()) chmodSync(`/proc/self/fd/${fd}`, mode);
  for (const [name, value] of xattrs ?? [])
    setWherePossible(fd, name, ids !== undefined && name === fileCapability ? hostCapability(ids, value) : value);
  if (mtime !== undefined) changeTime(fd, mtime);
}

/** An attribute that this file system or this kind of file cannot have is left out, as Docker does. */
function setWherePossible(fd: number, name: string, value: Uint8Array): void {
  try {
    setAttribute(fd, name, value);
  } catch (failure) {
    if (!['EOPNOTSUPP', 'ENOTSUP', 'EPERM'].includes(errnoOf(failure) ?? '')) throw failure;
  }
}
