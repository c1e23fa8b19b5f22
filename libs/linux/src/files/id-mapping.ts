import { Failure } from '@gantry/base';

/** Ids that follow each other: those from `container` on inside a user namespace are those from `host` on outside. */
export interface IdRange {
  readonly container: number;
  readonly host: number;
  readonly size: number;
}

/** The ids of a user namespace. Plain data: threads are told it. */
export interface IdMapping {
  readonly uids: readonly IdRange[];
  readonly gids: readonly IdRange[];
  /** What an id of the host that has none inside is shown as: nobody, as a process inside sees it, or itself. */
  readonly unknown?: 'nobody' | 'itself';
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const nobody = 65_534; // the kernel's overflow id

/** The host's id of one inside. Fails with `invalid` in dockerd's words where the namespace has no such id. */
export function hostId(ranges: readonly IdRange[], id: number): number {
  const range = ranges.find(({ container, size }) => id >= container && id < container + size);
  if (range === undefined) throw new Failure('invalid', `Container ID ${id} cannot be mapped to a host ID`);
  return id - range.container + range.host;
}

function containerId(ranges: readonly IdRange[], id: number, unknown: IdMapping['unknown']): number {
  const range = ranges.find(({ host, size }) => id >= host && id < host + size);
  if (range !== undefined) return id - range.host + range.container;
  return unknown === 'itself' ? id : nobody;
}

/** Who owns a file, in the eyes of a process inside. */
export const shownOwner = ({ uids, gids, unknown }: IdMapping, { uid, gid }: Owner): Owner => ({
  uid: containerId(uids, uid, unknown),
  gid: containerId(gids, gid, unknown),
});

/**
 * The host's ids for an owner given as one inside. `before`, the owner of the file: an id that it shows already stays as it is, so that a file of the host's
 * that is only shown as nobody's does not become the namespace's.
 */
export function hostOwner(mapping: IdMapping, { uid, gid }: Owner, before?: Owner): Owner {
  const shown = before && shownOwner(mapping, before);
  return {
    uid: before && shown?.uid === uid ? before.uid : hostId(mapping.uids, uid),
    gid: before && shown?.gid === gid ? before.gid : hostId(mapping.gids, gid),
  };
}

/** The host's ids of root inside. */
export const hostRoot = (mapping: IdMapping): Owner => hostOwner(mapping, { uid: 0, gid: 0 });

// struct vfs_cap_data and vfs_ns_cap_data (include/uapi/linux/capability.h): the revision is the highest byte of the first number, and the third
// revision ends with the user that is root of the namespace in which the file has these capabilities. The second counts on the host alone.
export const fileCapability = 'security.capability';
const revisionAt = 3;
const bytesOf = { 2: 20, 3: 24 } as const;

/** Capabilities that a file has inside, as the kernel keeps them outside. */
export function hostCapability(mapping: IdMapping, value: Uint8Array): Uint8Array {
  if (value[revisionAt] !== 2 || value.length !== bytesOf[2]) return value;
  const kept = Buffer.alloc(bytesOf[3]);
  kept.set(value);
  kept[revisionAt] = 3;
  kept.writeUInt32LE(hostRoot(mapping).uid, bytesOf[2]);
  return kept;
}

/** The way back: whose root it is means nothing in an archive. */
export function shownCapability(value: Uint8Array): Uint8Array {
  if (value[revisionAt] !== 3 || value.length !== bytesOf[3]) return value;
  const shown = Uint8Array.from(value.subarray(0, bytesOf[2]));
  shown[revisionAt] = 2;
  return shown;
}
