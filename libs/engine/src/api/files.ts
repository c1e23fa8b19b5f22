import { Failure } from '@gantry/base';
import {
  empty,
  type EngineRequest,
  type EngineResponse,
  type FileEntry,
  filePageEntries,
  type Handlers,
  json,
  mostWrittenBytes,
  type ParsedQuery,
  type PlainResponse,
  stream,
} from '@gantry/engine-api';
import type { Containers } from '../containers/containers.ts';
import { parseRange } from '../files/byte-range.ts';
import { nameOfCursor } from '../files/file-entries.ts';
import type { FileHead, GivenAttributes } from '../files/file-task.ts';
import { beginFileTask, doFileTask, extractFiles, filesOfContainer, filesOfVolume, type OpenFiles } from '../files/open-files.ts';
import type { ViewThreadContext } from '../files/view-threads.ts';
import type { Volumes } from '../volumes/volumes.ts';

/** What the handlers of both kinds read of a call. */
interface FileCall<Query> {
  readonly query: Query & { readonly hostBinds: boolean };
  readonly request: Pick<EngineRequest, 'headers' | 'body' | 'caller'>;
  readonly signal: AbortSignal;
  readonly beginEffect: () => void;
}
type PathCall = FileCall<ParsedQuery<{ path: 'text' }>>;
type OwnerQuery = ParsedQuery<{ path: 'text'; mode: 'text'; uid: 'integer'; gid: 'integer' }>;

/** Whose files there are. Each fails with `not-found` for one that does not exist, at once or when a task begins. */
export interface FileOwners {
  readonly container: (id: string) => OpenFiles;
  readonly volume: (name: string) => OpenFiles;
}

/** The files of containers and volumes, beyond what `docker cp` can. */
export function fileHandlers({ container, volume }: FileOwners): Handlers {
  return {
    ContainerFileList: async (call) => list(container(call.id), call),
    ContainerFileStat: async (call) => stat(container(call.id), call),
    ContainerFileContent: async (call) => content(container(call.id), call),
    ContainerFileWrite: async (call) => write(container(call.id), call),
    ContainerFileMakeDirectory: async (call) => makeDirectory(container(call.id), call),
    ContainerFileMove: async (call) => move(container(call.id), call),
    ContainerFileChange: async (call) => change(container(call.id), call),
    ContainerFileRemove: async (call) => remove(container(call.id), call),
    ContainerFileArchive: async (call) => archive(container(call.id), call),
    ContainerFileExtract: async (call) => extract(container(call.id), call),
    VolumeFileList: async (call) => list(volume(call.id), call),
    VolumeFileStat: async (call) => stat(volume(call.id), call),
    VolumeFileContent: async (call) => content(volume(call.id), call),
    VolumeFileWrite: async (call) => write(volume(call.id), call),
    VolumeFileMakeDirectory: async (call) => makeDirectory(volume(call.id), call),
    VolumeFileMove: async (call) => move(volume(call.id), call),
    VolumeFileChange: async (call) => change(volume(call.id), call),
    VolumeFileRemove: async (call) => remove(volume(call.id), call),
    VolumeFileArchive: async (call) => archive(volume(call.id), call),
    VolumeFileExtract: async (call) => extract(volume(call.id), call),
  };
}

/** Those of the native engine. */
export function nativeFileOwners(containers: Containers, volumes: Volumes): FileOwners {
  return {
    container: (id) => filesOfContainer({ host: containers.host, container: containers.find(id), name: id }),
    volume: (name) => filesOfVolume(volumes, volumes.get(name).name),
  };
}

const contextOf = ({ query: { hostBinds }, request: { caller }, signal }: FileCall<unknown>): ViewThreadContext => ({
  caller,
  signal,
  hasHostBinds: hostBinds,
});

type ListCall = FileCall<ParsedQuery<{ path: 'text'; cursor: 'text'; limit: 'integer' }>>;

async function list(open: OpenFiles, call: ListCall): Promise<EngineResponse> {
  const { query } = call;
  const limit = Math.min(positive('limit', query.limit) ?? filePageEntries.usual, filePageEntries.most);
  const task = { kind: 'list', path: given('path', query.path), after: nameOfCursor(query.cursor), limit } as const;
  return json(200, (await doFileTask(open, task, contextOf(call))).page);
}

async function stat(open: OpenFiles, call: PathCall): Promise<EngineResponse> {
  return json(200, (await doFileTask(open, { kind: 'look', path: given('path', call.query.path) }, contextOf(call))).entry);
}

async function content(open: OpenFiles, call: PathCall): Promise<EngineResponse> {
  const { query, request } = call;
  const range = parseRange(request.headers.get('range'));
  const task = { kind: 'read', path: given('path', query.path), range, ifRange: request.headers.get('if-range') } as const;
  const { head, bytes } = await beginFileTask(open, task, contextOf(call));
  if (!head?.entry) throw new Failure('internal', `nothing was said of ${query.path}`);
  return contentReply(head.entry, head.part, bytes);
}

function contentReply(
  { sizeBytes, etag, modifiedAtMs }: FileEntry,
  part: FileHead['part'],
  bytes: AsyncGenerator<Uint8Array, void, undefined>,
): PlainResponse {
  const headers = {
    ...{ 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes' },
    ...{ etag, 'last-modified': new Date(modifiedAtMs).toUTCString() },
  };
  if (part === 'unsatisfiable')
    return json(416, { message: `the file has ${sizeBytes} bytes` }, { 'content-range': `bytes */${sizeBytes}` });
  if (part === undefined) return stream(headers, bytes);
  return { ...stream({ ...headers, 'content-range': `bytes ${part.start}-${part.end - 1}/${sizeBytes}` }, bytes), status: 206 };
}

type WriteCall = FileCall<OwnerQuery & ParsedQuery<{ mostBytes: 'integer' }>>;

async function write(open: OpenFiles, call: WriteCall): Promise<EngineResponse> {
  const { query, request } = call;
  const noneMatch = request.headers.get('if-none-match');
  if (noneMatch !== undefined && noneMatch !== '*') throw new Failure('invalid', 'if-none-match can only be * here');
  const task = {
    kind: 'write' as const,
    ...{ path: given('path', query.path), attributes: attributesOf(query) },
    mostBytes: Math.min(positive('mostBytes', query.mostBytes) ?? mostWrittenBytes, mostWrittenBytes),
    ...{ ifMatch: request.headers.get('if-match'), isNew: noneMatch === '*' },
  };
  const { entry } = await doFileTask(open, task, { ...contextOf(call), input: request.body });
  return json(200, entry, { etag: entry?.etag ?? '' });
}

async function makeDirectory(open: OpenFiles, call: FileCall<OwnerQuery & ParsedQuery<{ parents: 'flag' }>>): Promise<EngineResponse> {
  const { query } = call;
  const task = {
    kind: 'makeDirectory',
    path: given('path', query.path),
    attributes: attributesOf(query),
    hasParents: query.parents,
  } as const;
  call.beginEffect();
  return json(201, (await doFileTask(open, task, contextOf(call))).entry);
}

async function move(
  open: OpenFiles,
  call: FileCall<ParsedQuery<{ from: 'text'; to: 'text'; overwrite: 'flag' }>>,
): Promise<EngineResponse> {
  const { query } = call;
  const task = { kind: 'move', from: given('from', query.from), to: given('to', query.to), replaces: query.overwrite } as const;
  call.beginEffect();
  return json(200, (await doFileTask(open, task, contextOf(call))).entry);
}

async function change(open: OpenFiles, call: FileCall<OwnerQuery>): Promise<EngineResponse> {
  const { query } = call;
  const task = { kind: 'change', path: given('path', query.path), attributes: attributesOf(query) } as const;
  call.beginEffect();
  return json(200, (await doFileTask(open, task, contextOf(call))).entry);
}

async function remove(open: OpenFiles, call: FileCall<ParsedQuery<{ path: 'text'; recursive: 'flag' }>>): Promise<EngineResponse> {
  const { query } = call;
  const task = { kind: 'remove', path: given('path', query.path), isRecursive: query.recursive } as const;
  // Many files take a while: that ends where it stands when the caller goes, or is no longer allowed to.
  if (!query.recursive) call.beginEffect();
  await doFileTask(open, task, contextOf(call));
  return empty(204);
}

async function archive(open: OpenFiles, call: PathCall): Promise<EngineResponse> {
  const path = given('path', call.query.path);
  const { head, bytes } = await beginFileTask(open, { kind: 'archive', path }, contextOf(call));
  if (!head) throw new Failure('not-found', `no such file or directory: ${path}`);
  return tar(bytes);
}

async function extract(
  open: OpenFiles,
  call: FileCall<ParsedQuery<{ path: 'text'; noOverwriteDirNonDir: 'flag' }>>,
): Promise<EngineResponse> {
  const { query, request } = call;
  // What is read-only is so in the view already.
  const rules = { mounts: [], isRootWritable: true };
  const task = {
    kind: 'extract',
    path: given('path', query.path),
    keepsKinds: query.noOverwriteDirNonDir,
    owner: undefined,
    rules,
  } as const;
  await extractFiles(open, task, { ...contextOf(call), input: request.body });
  return empty(200);
}

const tar = (bytes: AsyncGenerator<Uint8Array, void, undefined>): PlainResponse => stream({ 'content-type': 'application/x-tar' }, bytes);

function given(name: string, value: string): string {
  if (value === '') throw new Failure('invalid', `the parameter ${name} is missing`);
  if (value.includes('\0')) throw new Failure('invalid', `the parameter ${name} holds a NUL`);
  return value;
}

function positive(name: string, value: number | undefined): number | undefined {
  if (value !== undefined && value <= 0) throw new Failure('invalid', `the parameter ${name} is not above zero: ${value}`);
  return value;
}

/** An id that says "leave it" to the kernel would else come in as a number. */
const largestId = 2 ** 32 - 2;

function attributesOf({ mode, uid, gid }: OwnerQuery): GivenAttributes {
  if (mode !== '' && !/^[0-7]{1,4}$/.test(mode))
    throw new Failure('invalid', `the parameter mode is no octal number of four digits: ${mode}`);
  for (const [name, id] of Object.entries({ uid, gid })) {
    if (id !== undefined && (id < 0 || id > largestId)) throw new Failure('invalid', `the parameter ${name} is no id: ${id}`);
  }
  return { mode: mode === '' ? undefined : Number.parseInt(mode, 8), uid, gid };
}
