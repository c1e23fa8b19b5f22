import { Failure } from '@gantry/base';
import { empty, type EngineRequest, type Handlers, json, messages, stream } from '@gantry/engine-api';
import { commitContainer } from '../containers/commit-container.ts';
import type { Containers } from '../containers/containers.ts';
import { archivePath, exportContainer, extractInto, type FilesOf, statPath } from '../files/container-files.ts';
import type { RunConfig } from '../images/image-changes.ts';
import { tagOf } from '../images/tag-of.ts';
import { statHeader } from '../files/path-stat.ts';
import type { ViewThreadContext } from '../files/view-threads.ts';

/** The routes of files of containers: `docker cp`, `docker export`, `docker commit`. */
export function containerFileHandlers(containers: Containers): Handlers {
  const of = (id: string): FilesOf => ({ host: containers.host, container: containers.find(id), name: id });
  return {
    ContainerArchiveInfo: async (call) => empty(200, statHeader(await statPath(of(call.id), given(call.query.path), contextOf(call)))),
    ContainerArchive: async (call) => {
      const { stat, bytes } = await archivePath(of(call.id), given(call.query.path), contextOf(call));
      return stream({ 'content-type': 'application/x-tar', ...statHeader(stat) }, bytes);
    },
    PutContainerArchive: async (call) => {
      const { noOverwriteDirNonDir, copyUIDGID, path } = call.query;
      const context = { ...contextOf(call), input: call.request.body };
      await extractInto(of(call.id), context, { path: given(path), noOverwriteDirNonDir, copyUIDGID });
      return empty(200);
    },
    ImageCommit: async (call) => {
      const { container, repo, tag, comment, author, pause, changes } = call.query;
      const found = containers.find(container);
      const body = (await call.json()) as RunConfig;
      const name = repo === '' ? undefined : tagOf(repo, tag, 'refusing to create a tag with a digest reference');
      const config = Object.keys(body).length === 0 ? undefined : body;
      call.beginEffect();
      const image = await commitContainer(containers.host, found, { name, comment, author, pause, changes, config });
      return json(201, { Id: image.record.id });
    },
    ContainerExport: async ({ id, request: { caller }, signal }) =>
      stream(
        { 'content-type': 'application/octet-stream' },
        await exportContainer(of(id), { caller, signal, hasHostBinds: false }), // it has no mounts at all
      ),
  };
}

interface ArchiveCall {
  readonly query: { readonly hostBinds: boolean };
  readonly request: Pick<EngineRequest, 'caller'>;
  readonly signal: AbortSignal;
}

/** A process at the engine's socket is root: for it, as with dockerd, the host's paths are there. Of people the guard says who may. */
function contextOf({ query, request: { caller }, signal }: ArchiveCall): ViewThreadContext {
  return { caller, signal, hasHostBinds: query.hostBinds || caller.kind !== 'person' };
}

function given(path: string): string {
  if (path === '') throw new Failure('invalid', messages.missingParameter('path'));
  return path;
}
