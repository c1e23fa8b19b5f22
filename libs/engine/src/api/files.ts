import { Failure } from '@gantry/base';
import {
  empty,
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
import { archivePath, extractInto, type FilesOf } from '../files/container-files.ts';
import { nameOfCursor } from '../files/file-entries.ts';
import type { FileHead, GivenAttributes } from '../files/file-task.ts';
import { beginFileTask, doFileTask, extractFiles, filesOfContainer, filesOfVolume, type OpenFiles } from '../files/open-files.ts';
import type { Volumes } from '../volumes/volumes.ts';

/** What the handlers of both kinds read of a call. */
interface FileCall<Query> {
  readonly query: Query;
  readonly request: { readonly headers: ReadonlyMap<string, string>; readonly body: AsyncIterable<Uint8Array> };
  readonly signal: AbortSignal;
  readonly beginEffect: () => void;
}
type PathCall = FileCall<ParsedQuery<{ path: 'text' }>>;
type OwnerQuery = ParsedQuery<{ path: 'text'; mode: 'text'; uid: 'integer'; gid: 'integer' }>;

/** The files of containers and volumes, beyond what `docker cp` can. */
export function fileHandlers(containers: Containers, volumes: Volumes): Handlers {
  const of = (id: string): FilesOf => ({ host: containers.host, container: containers.find(id), name: id });
  const inContainer = ({ id }: { id: string }): OpenFiles => filesOfContainer(of(id));
  const inVolume = ({ id }: { id: string }): OpenFiles => filesOfVolume(volumes, volumes.get(id).name);
  return {
    ContainerFileList: async (call) => list(inContainer(call), call),
    ContainerFileStat: async (call) => stat(inContainer(call), call),
    ContainerFileContent: async (call) => content(inContainer(call), call),
    ContainerFileWrite: async (call) => write(inContainer(call), call),
    ContainerFileMakeDirectory: async (call) => makeDirectory(inContainer(call), call),
    ContainerFileMove: async (call) => move(inContainer(call), call),
    ContainerFileChange: async (call) => change(inContainer(call), call),
    ContainerFileRemove: async (call) => remove(inContainer(call), call),
    ContainerFileArchive: async ({ id, query, signal }) => tar((await archivePath(of(id), given('path', query.path), signal)).bytes),
    ContainerFileExtract: async ({ id, query, request, signal }) => {
      const { noOverwriteDirNonDir } = query;
      await extractInto(of(id), request.body, { path: given('path', query.path), noOverwriteDirNonDir, copyUIDGID: false, signal });
      return empty(200);
    },
    VolumeFileList: async (call) => list(inVolume(call), call),
    VolumeFileStat: async (call) => stat(inVolume(call), call),
    VolumeFileContent: async (call) => content(inVolume(call), call),
    VolumeFileWrite: async (call) => write(inVolume(call), call),
    VolumeFileMakeDirectory: async (call) => makeDirectory(inVolume(call), call),
    VolumeFileMove: async (call) => move(inVolume(call), call),
    VolumeFileChange: async (call) => change(inVolume(call), call),
    VolumeFileRemove: async (call) => remove(inVolume(call), call),
    VolumeFileArchive: async (call) => archive(inVolume(call), call),
    VolumeFileExtract: async (call) => extract(inVolume(call), call),
  };
}

type ListCall = FileCall<ParsedQuery<{ path: 'text'; cursor: 'text'; limit: 'integer' }>>;

async function list(open: OpenFiles, { query, signal }: ListCall): Promise<EngineResponse> {
  const limit = Math.min(positive('limit', query.limit) ?? filePageEntries.usual, filePageEntries.most);
  const task = { kind: 'list', path: given('path', query.path), after: nameOfCursor(query.cursor), limit } as const;
  return json(200, (await doFileTask(open, task, { signal })).page);
}

async function stat(open: OpenFiles, { query, signal }: PathCall): Promise<EngineResponse> {
  return json(200, (await doFileTask(open, { kind: 'look', path: given('path', query.path) }, { signal })).entry);
}

async function content(open: OpenFiles, { query, request, signal }: PathCall): Promise<EngineResponse> {
  const range = parseRange(request.headers.get('range'));
  const task = { kind: 'read', path: given('path', query.path), range, ifRange: request.headers.get('if-range') } as const;
  const { head, bytes } = await beginFileTask(open, task, { signal });
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

async function write(open: OpenFiles, { query, request, signal }: WriteCall): Promise<EngineResponse> {
  const noneMatch = request.headers.get('if-none-match');
  if (noneMatch !== undefined && noneMatch !== '*') throw new Failure('invalid', 'if-none-match can only be * here');
  const task = {
    kind: 'write' as const,
    ...{ path: given('path', query.path), attributes: attributesOf(query) },
    mostBytes: positive('mostBytes', query.mostBytes) ?? mostWrittenBytes,
    ...{ ifMatch: request.headers.get('if-match'), isNew: noneMatch === '*' },
  };
  const { entry } = await doFileTask(open, task, { signal, input: request.body });
  return json(200, entry, { etag: entry?.etag ?? '' });
}

async function makeDirectory(open: OpenFiles, call: FileCall<OwnerQuery & ParsedQuery<{ parents: 'flag' }>>): Promise<EngineResponse> {
  const { query, signal } = call;
  const task = {
    kind: 'makeDirectory',
    path: given('path', query.path),
    attributes: attributesOf(query),
    hasParents: query.parents,
  } as const;
  call.beginEffect();
  return json(201, (await doFileTask(open, task, { signal })).entry);
}

async function move(
  open: OpenFiles,
  call: FileCall<ParsedQuery<{ from: 'text'; to: 'text'; overwrite: 'flag' }>>,
): Promise<EngineResponse> {
  const { query, signal } = call;
  const task = { kind: 'move', from: given('from', query.from), to: given('to', query.to), replaces: query.overwrite } as const;
  call.beginEffect();
  return json(200, (await doFileTask(open, task, { signal })).entry);
}

async function change(open: OpenFiles, call: FileCall<OwnerQuery>): Promise<EngineResponse> {
  const { query, signal } = call;
  const task = { kind: 'change', path: given('path', query.path), attributes: attributesOf(query) } as const;
  call.beginEffect();
  return json(200, (await doFileTask(open, task, { signal })).entry);
}

async function remove(open: OpenFiles, call: FileCall<ParsedQuery<{ path: 'text'; recursive: 'flag' }>>): Promise<EngineResponse> {
  const { query, signal } = call;
  const task = { kind: 'remove', path: given('path', query.path), isRecursive: query.recursive } as const;
  call.beginEffect();
  await doFileTask(open, task, { signal });
  return empty(204);
}

async function archive(open: OpenFiles, { query, signal }: PathCall): Promise<EngineResponse> {
  const { head, bytes } = await beginFileTask(open, { kind: 'archive', path: given('path', query.path) }, { signal });
  if (!head) throw new Failure('not-found', `no such file or directory: ${query.path}`);
  return tar(bytes);
}

async function extract(
  open: OpenFiles,
  call: FileCall<ParsedQuery<{ path: 'text'; noOverwriteDirNonDir: 'flag' }>>,
): Promise<EngineResponse> {
  const { query, request, signal } = call;
  const rules = { mounts: [], isRootWritable: true };
  const task = {
    kind: 'extract',
    path: given('path', query.path),
    keepsKinds: query.noOverwriteDirNonDir,
    owner: undefined,
    rules,
  } as const;
  await extractFiles(open, task, { signal, input: request.body });
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
