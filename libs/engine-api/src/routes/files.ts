import { act, inPath, read, type Reference } from './route.ts';

/** `hostBinds`: what is mounted there of the host's own paths is reached too; the guard asks for more than the right to files. */
const reach = { hostBinds: 'flag' } as const;
const path = { path: 'text', ...reach } as const;
const move = { from: 'text', to: 'text', overwrite: 'flag', ...reach } as const;
const owner = { mode: 'text', uid: 'integer', gid: 'integer' } as const;

/** The rows of the files of a container or volume. Paths are those inside of it, as they are with it as `/`; modes are octal. */
const rowsBelow = <const Base extends string>(base: Base, object: Reference) => {
  const refs = [object];
  const [reading, writing] = [
    { permission: 'files:read', refs, isUnversioned: true },
    { permission: 'files:write', refs, isUnversioned: true },
  ] as const;
  return {
    list: read({ ...reading, method: 'GET', path: `${base}/files`, query: { ...path, cursor: 'text', limit: 'integer' } }),
    stat: read({ ...reading, method: 'GET', path: `${base}/files/stat`, query: path }),
    content: read({
      ...reading,
      ...{ method: 'GET', path: `${base}/files/content`, kind: 'stream', query: path },
      requestHeaders: ['range', 'if-range'],
      responseHeaders: ['accept-ranges', 'content-range', 'etag', 'last-modified'],
    }),
    write: act({
      ...writing,
      ...{ method: 'PUT', path: `${base}/files/content`, kind: 'upload', query: { ...path, ...owner, mostBytes: 'integer' } },
      requestHeaders: ['if-match', 'if-none-match'],
      responseHeaders: ['etag'],
      onDisconnect: 'cancel',
    }),
    makeDirectory: act({ ...writing, method: 'POST', path: `${base}/files/directory`, query: { ...path, ...owner, parents: 'flag' } }),
    move: act({ ...writing, method: 'POST', path: `${base}/files/move`, query: move, effect: 'repeat-unsafe' }),
    change: act({ ...writing, method: 'POST', path: `${base}/files/attributes`, query: { ...path, ...owner } }),
    remove: act({ ...writing, method: 'DELETE', path: `${base}/files`, query: { ...path, recursive: 'flag' } }),
    archive: read({ ...reading, method: 'GET', path: `${base}/files/archive`, kind: 'stream', query: path }),
    extract: act({
      ...writing,
      ...{ method: 'PUT', path: `${base}/files/archive`, kind: 'upload', query: { ...path, noOverwriteDirNonDir: 'flag' } },
      onDisconnect: 'cancel',
    }),
  } as const;
};

const container = rowsBelow('/gantry/containers/{id}', inPath('container'));
const volume = rowsBelow('/gantry/volumes/{name}', inPath('volume', 'name'));

export const fileRoutes = {
  ContainerFileList: container.list,
  ContainerFileStat: container.stat,
  ContainerFileContent: container.content,
  ContainerFileWrite: container.write,
  ContainerFileMakeDirectory: container.makeDirectory,
  ContainerFileMove: container.move,
  ContainerFileChange: container.change,
  ContainerFileRemove: container.remove,
  ContainerFileArchive: container.archive,
  ContainerFileExtract: container.extract,
  VolumeFileList: volume.list,
  VolumeFileStat: volume.stat,
  VolumeFileContent: volume.content,
  VolumeFileWrite: volume.write,
  VolumeFileMakeDirectory: volume.makeDirectory,
  VolumeFileMove: volume.move,
  VolumeFileChange: volume.change,
  VolumeFileRemove: volume.remove,
  VolumeFileArchive: volume.archive,
  VolumeFileExtract: volume.extract,
};
