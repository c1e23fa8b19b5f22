import { Failure } from '@gantry/base';
import type { FileEntry, FilePage } from '@gantry/engine-api/client';
import { download } from '../../api/download.ts';
import { engineOn } from '../../api/engine.ts';
import { uploadingEngineOn } from '../../api/upload.ts';

/** Whose files: a volume by its name, or a container by its id. */
export interface FilePlace {
  readonly kind: 'volume' | 'container';
  readonly host: string;
  readonly name: string;
  /** Whether paths of the host that are mounted there are reached, too: for whoever may (`container:elevated`). */
  readonly hostBinds?: boolean;
}

const routes = {
  volume: {
    list: 'VolumeFileList',
    content: 'VolumeFileContent',
    write: 'VolumeFileWrite',
    makeDirectory: 'VolumeFileMakeDirectory',
    move: 'VolumeFileMove',
    change: 'VolumeFileChange',
    remove: 'VolumeFileRemove',
    archive: 'VolumeFileArchive',
  },
  container: {
    list: 'ContainerFileList',
    content: 'ContainerFileContent',
    write: 'ContainerFileWrite',
    makeDirectory: 'ContainerFileMakeDirectory',
    move: 'ContainerFileMove',
    change: 'ContainerFileChange',
    remove: 'ContainerFileRemove',
    archive: 'ContainerFileArchive',
  },
} as const;

/** Hosts where this person may not reach the host's own paths, or the host's policy forbids it: the rest is read without them. */
const closedHosts = new Set<string>();

const inQuery = <Query extends object>({ host, hostBinds }: FilePlace, query: Query): Query & { hostBinds?: boolean } =>
  hostBinds && !closedHosts.has(host) ? { ...query, hostBinds } : query;

const inPath = ({ kind, name }: FilePlace): Record<string, string> => (kind === 'volume' ? { name } : { id: name });

/** A page of a directory, from after `cursor` on. */
export async function listFiles(
  place: FilePlace,
  path: string,
  from: { cursor?: string | undefined; signal: AbortSignal },
): Promise<FilePage> {
  const ask = async (): Promise<FilePage> => {
    const query = inQuery(place, { path, ...(from.cursor === undefined ? {} : { cursor: from.cursor }) });
    return (await engineOn(place.host).call(routes[place.kind].list, { path: inPath(place), query }, from.signal)).json<FilePage>();
  };
  return ask().catch((thrown: unknown) => {
    const { code, message } = Failure.from(thrown);
    if (code !== 'forbidden' || !place.hostBinds || closedHosts.has(place.host) || !/container:elevated|hostBinds/.test(message))
      throw thrown;
    closedHosts.add(place.host);
    return ask();
  });
}

export interface FileContent {
  readonly bytes: Uint8Array;
  readonly etag: string;
  /** Of the whole file; `bytes` may be its beginning only. */
  readonly sizeBytes: number;
}

/** At most `mostBytes` of a file from a place on, its beginning unless it is said, and what the file was then. */
export async function readFile(
  place: FilePlace,
  path: string,
  how: { mostBytes: number; fromByte?: number; signal: AbortSignal },
): Promise<FileContent> {
  const { mostBytes, fromByte = 0 } = how;
  const input = {
    path: inPath(place),
    query: inQuery(place, { path }),
    headers: { range: `bytes=${fromByte}-${fromByte + mostBytes - 1}` },
  };
  try {
    const answer = await engineOn(place.host).call(routes[place.kind].content, input, how.signal);
    const parts: Uint8Array[] = [];
    for await (const part of answer.bytes) parts.push(part);
    const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
    const whole = Number(/\/(\d+)$/.exec(answer.headers.get('content-range') ?? '')?.[1] ?? bytes.length);
    return { bytes, etag: answer.headers.get('etag') ?? '', sizeBytes: whole };
  } catch (thrown) {
    // An empty file has no first byte that could be asked for.
    if (thrown instanceof Failure && thrown.details['status'] === 416) return await readEmpty(place, path, how.signal);
    throw thrown;
  }
}

async function readEmpty(place: FilePlace, path: string, signal: AbortSignal): Promise<FileContent> {
  const answer = await engineOn(place.host).call(
    routes[place.kind].content,
    { path: inPath(place), query: inQuery(place, { path }) },
    signal,
  );
  await answer.text();
  return { bytes: new Uint8Array(), etag: answer.headers.get('etag') ?? '', sizeBytes: 0 };
}

/** Whatever is there, only where nothing is, or only where still that is there which was read. */
export type WriteCondition = 'any' | 'new' | { readonly etag: string };

/** Writes a file whole; fails with `conflict` where the condition does not hold. Resolves with what it is now. */
export async function writeFile(place: FilePlace, path: string, file: { bytes: Uint8Array; when: WriteCondition }): Promise<FileEntry> {
  const { when } = file;
  const condition: Record<string, string> = when === 'any' ? {} : when === 'new' ? { 'if-none-match': '*' } : { 'if-match': when.etag };
  const headers = { 'content-type': 'application/octet-stream', ...condition };
  const input = { path: inPath(place), query: inQuery(place, { path }), body: file.bytes, headers };
  return (await engineOn(place.host).call(routes[place.kind].write, input)).json<FileEntry>();
}

export interface Upload {
  readonly file: File;
  readonly replaces: boolean;
  readonly sent: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Sends a file of this machine; fails with `conflict` where there is one already and it must not be replaced. */
export async function uploadFile(place: FilePlace, path: string, { file, replaces, sent, signal }: Upload): Promise<void> {
  const headers = { 'content-type': 'application/octet-stream', ...(replaces ? {} : { 'if-none-match': '*' }) };
  const query = inQuery(place, { path, mostBytes: Math.max(1, file.size) });
  await uploadingEngineOn(place.host, file, sent).call(routes[place.kind].write, { path: inPath(place), query, headers }, signal);
}

/** With `parents` also what leads there; a directory that is there is none too many then. */
export async function makeDirectory(place: FilePlace, path: string, parents = false): Promise<void> {
  const query = inQuery(place, { path, ...(parents ? { parents } : {}) });
  await engineOn(place.host).call(routes[place.kind].makeDirectory, { path: inPath(place), query });
}

export async function moveFile(place: FilePlace, from: string, to: string): Promise<void> {
  await engineOn(place.host).call(routes[place.kind].move, { path: inPath(place), query: inQuery(place, { from, to }) });
}

export interface Attributes {
  /** Octal, as `644`. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
}

export async function changeFile(place: FilePlace, path: string, attributes: Attributes): Promise<void> {
  await engineOn(place.host).call(routes[place.kind].change, { path: inPath(place), query: inQuery(place, { path, ...attributes }) });
}

export async function removeFile(place: FilePlace, path: string): Promise<void> {
  await engineOn(place.host).call(routes[place.kind].remove, { path: inPath(place), query: inQuery(place, { path, recursive: true }) });
}

/** A file as it is, anything else as a tar. */
export async function downloadFile(place: FilePlace, path: string, type: FileEntry['type']): Promise<void> {
  const name = nameOf(path) || place.name;
  const input = { path: inPath(place), query: inQuery(place, { path }) };
  if (type === 'file') await download(place.host, routes[place.kind].content, { ...input, name });
  else await download(place.host, routes[place.kind].archive, { ...input, name: `${name}.tar` });
}

export function joinPath(directory: string, name: string): string {
  return `${directory === '/' ? '' : directory}/${name}`;
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** `-rw-r--r--`, with set-id and sticky bits as `ls -l` has them. */
export function modeText({ type, mode }: Pick<FileEntry, 'type' | 'mode'>): string {
  const kinds = { file: '-', directory: 'd', symlink: 'l', fifo: 'p', socket: 's', character: 'c', block: 'b' } as const;
  const triple = (shift: number, special: boolean, letter: string): string => {
    const bits = (mode >> shift) & 7;
    const execute = bits & 1 ? (special ? letter : 'x') : special ? letter.toUpperCase() : '-';
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${execute}`;
  };
  return `${kinds[type]}${triple(6, (mode & 0o4000) !== 0, 's')}${triple(3, (mode & 0o2000) !== 0, 's')}${triple(0, (mode & 0o1000) !== 0, 't')}`;
}
