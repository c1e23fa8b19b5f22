import { Failure } from '@gantry/base';
import { empty, type Handlers, json, messages, stream } from '@gantry/engine-api';
import { commitContainer } from '../containers/commit-container.ts';
import type { Containers } from '../containers/containers.ts';
import { archivePath, exportContainer, extractInto, type FilesOf, statPath } from '../files/container-files.ts';
import type { RunConfig } from '../images/image-changes.ts';
import { tagOf } from '../images/open-images.ts';
import type { PathStat } from '../files/path-stat.ts';

/** The routes of files of containers: `docker cp`, `docker export`, `docker commit`. */
export function containerFileHandlers(containers: Containers): Handlers {
  const of = (id: string): FilesOf => ({ host: containers.host, container: containers.find(id), name: id });
  return {
    ContainerArchiveInfo: async ({ id, query, signal }) => empty(200, statHeader(await statPath(of(id), given(query.path), signal))),
    ContainerArchive: async ({ id, query, signal }) => {
      const { stat, bytes } = await archivePath(of(id), given(query.path), signal);
      return stream({ 'content-type': 'application/x-tar', ...statHeader(stat) }, bytes);
    },
    PutContainerArchive: async ({ id, query, request, signal }) => {
      const { noOverwriteDirNonDir, copyUIDGID } = query;
      await extractInto(of(id), request.body, { path: given(query.path), noOverwriteDirNonDir, copyUIDGID, signal });
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
    ContainerExport: async ({ id, signal }) =>
      stream({ 'content-type': 'application/octet-stream' }, await exportContainer(of(id), signal)),
  };
}

function given(path: string): string {
  if (path === '') throw new Failure('invalid', messages.missingParameter('path'));
  return path;
}

function statHeader(stat: PathStat): Record<string, string> {
  return { 'x-docker-container-path-stat': Buffer.from(JSON.stringify(stat)).toString('base64') };
}
