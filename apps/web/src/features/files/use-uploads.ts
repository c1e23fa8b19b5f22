import { Failure } from '@gantry/base';
import { onScopeDispose, shallowReactive, shallowRef } from 'vue';
import { limit } from '../../fleet/limit.ts';
import type { DroppedFile } from './dropped-files.ts';
import { type FilePlace, joinPath, makeDirectory, parentOf, uploadFile } from './files.ts';

/** A file on its way. `exists`: one of that name is there, and nobody has said yet that it may be replaced. */
export interface UploadRow {
  readonly file: File;
  readonly path: string;
  readonly place: FilePlace;
  readonly aborting: AbortController;
  sentBytes: number;
  state: 'waiting' | 'sending' | 'done' | 'exists' | 'failed';
  problem: string;
}

const atOnce = 3;

/** Files that are being sent, three at a time; leaving the page cancels what is not there yet. */
export function useUploads(arrived: () => void) {
  const uploads = shallowRef<readonly UploadRow[]>([]);
  const run = limit(atOnce);
  onScopeDispose(() => uploads.value.forEach(({ aborting }) => aborting.abort()));

  async function send(row: UploadRow, replaces: boolean): Promise<void> {
    row.state = 'waiting';
    await run(async () => {
      if (row.aborting.signal.aborted) return;
      row.state = 'sending';
      try {
        const { place, path, file, aborting } = row;
        await uploadFile(place, path, { file, replaces, sent: (bytes) => (row.sentBytes = bytes), signal: aborting.signal });
        row.state = 'done';
        arrived();
      } catch (thrown) {
        failed(row, thrown, replaces);
      }
    });
  }

  /** What lies in folders brings them with it. */
  function add(place: FilePlace, directory: string, files: Iterable<DroppedFile>): void {
    const folders = foldersIn(place);
    for (const { file, path } of files) {
      const row = waiting({ file, place, path: joinPath(directory, path) });
      uploads.value = [...uploads.value, row];
      void folders(path.includes('/') ? parentOf(row.path) : undefined).then(
        () => send(row, false),
        (thrown: unknown) => failed(row, thrown, true),
      );
    }
  }

  function drop(row: UploadRow): void {
    row.aborting.abort();
    uploads.value = uploads.value.filter((one) => one !== row);
  }
  return { uploads, add, drop, replace: (row: UploadRow) => void send(row, true) };
}

function failed(row: UploadRow, thrown: unknown, replaces: boolean): void {
  const { code, message } = Failure.from(thrown);
  row.state = code === 'conflict' && !replaces && / exists$/.test(message) ? 'exists' : 'failed';
  row.problem = message;
}

function waiting(what: Pick<UploadRow, 'file' | 'place' | 'path'>): UploadRow {
  return shallowReactive<UploadRow>({ ...what, aborting: new AbortController(), sentBytes: 0, state: 'waiting', problem: '' });
}

/** Makes each folder once, however many files lie in it; a file that lies in none needs none. */
function foldersIn(place: FilePlace): (path: string | undefined) => Promise<void> {
  const making = new Map<string, Promise<void>>();
  return (path) => {
    if (path === undefined) return Promise.resolve();
    const made = making.get(path) ?? makeDirectory(place, path, true);
    making.set(path, made);
    return made;
  };
}
