import { Failure } from '@gantry/base';
import { type Call, type Engine, type EngineResponse, empty, type Handlers, messages, stream } from '@gantry/engine-api';
import type { FileOwners } from '../api/files.ts';
import { statHeader } from '../files/path-stat.ts';
import { beginFileTask, extractFiles, type OpenFiles } from '../files/open-files.ts';
import type { ViewThreadContext } from '../files/view-threads.ts';
import { hostPlaces } from './driven-files.ts';
import type { EngineQuestions } from './engine-questions.ts';

interface Parts {
  readonly engine: Engine;
  readonly questions: EngineQuestions;
  readonly owners: FileOwners;
}
type ArchiveRoute = 'ContainerArchiveInfo' | 'ContainerArchive' | 'PutContainerArchive' | 'ContainerFileArchive' | 'ContainerFileExtract';
type ArchiveCall = Call<ArchiveRoute>;

/**
 * Archives of containers. The engine gives and takes them itself, for containers that do not run and those of any driver too, and it reaches all that is mounted there: for
 * who may not reach paths of the host they are ours, wherever a container has such.
 */
export function drivenArchives({ engine, questions, owners }: Parts): Handlers {
  const isOurs = async ({ id, query, signal }: ArchiveCall): Promise<boolean> => {
    if (query.hostBinds) return false;
    return (await hostPlaces(questions, await questions.container(id, signal), signal)).size > 0;
  };
  const either = async (call: ArchiveCall, own: (open: OpenFiles, context: ViewThreadContext) => Promise<EngineResponse>) =>
    (await isOurs(call)) ? own(owners.container(call.id), contextOf(call)) : engine(asArchive(call));
  return {
    ContainerArchiveInfo: (call) => either(call, (open, context) => info(open, call, context)),
    ContainerArchive: (call) => either(call, (open, context) => archive(open, call, context)),
    PutContainerArchive: (call) =>
      either(call, (open, context) => {
        if (call.query.copyUIDGID) throw new Failure('unsupported', 'copyUIDGID is not possible beside paths of the host');
        return extract(open, call, context);
      }),
    ContainerFileArchive: (call) => either(call, (open, context) => archive(open, call, context)),
    ContainerFileExtract: (call) => either(call, (open, context) => extract(open, call, context)),
  };
}

const contextOf = ({ request: { caller }, signal }: ArchiveCall): ViewThreadContext => ({ caller, signal, hasHostBinds: false });

/** As Docker knows it. */
function asArchive({ id, request }: ArchiveCall): Parameters<Engine>[0] {
  const cut = request.target.indexOf('?');
  const query = new URLSearchParams(cut < 0 ? '' : request.target.slice(cut + 1));
  query.delete('hostBinds');
  const isOurRow = request.target.startsWith('/gantry/');
  const path = isOurRow ? `/containers/${encodeURIComponent(id)}/archive` : request.target.slice(0, cut < 0 ? undefined : cut);
  return { ...request, target: `${path}?${query.toString()}` };
}

async function info(open: OpenFiles, { id, query: { path } }: ArchiveCall, context: ViewThreadContext): Promise<EngineResponse> {
  await using opened = await open({ kind: 'stat', path: given(path) }, context);
  const found = await opened.thread.head;
  if (found === undefined) throw new Failure('not-found', messages.fileNotFound(path, id));
  return empty(200, statHeader(found));
}

async function archive(open: OpenFiles, { id, query: { path } }: ArchiveCall, context: ViewThreadContext): Promise<EngineResponse> {
  const { head, bytes } = await beginFileTask(open, { kind: 'archive', path: given(path) }, context);
  if (head === undefined) throw new Failure('not-found', messages.fileNotFound(path, id));
  return stream({ 'content-type': 'application/x-tar', ...statHeader(head) }, bytes);
}

async function extract(
  open: OpenFiles,
  { query, request }: Call<'PutContainerArchive'> | Call<'ContainerFileExtract'>,
  context: ViewThreadContext,
): Promise<EngineResponse> {
  const rules = { mounts: [], isRootWritable: true };
  const task = { kind: 'extract', path: given(query.path), keepsKinds: query.noOverwriteDirNonDir, owner: undefined, rules } as const;
  await extractFiles(open, task, { ...context, input: request.body });
  return empty(200);
}

function given(path: string): string {
  if (path === '') throw new Failure('invalid', messages.missingParameter('path'));
  return path;
}
