import { Failure } from '@gantry/base';
import { onScopeDispose, shallowReactive, shallowRef } from 'vue';
import { limit } from '../../fleet/limit.ts';
import { type FilePlace, joinPath, uploadFile } from './files.ts';

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
        const failure = Failure.from(thrown);
        row.state = failure.code === 'conflict' && !replaces && / exists$/.test(failure.message) ? 'exists' : 'failed';
        row.problem = failure.message;
      }
    });
  }

  function add(place: FilePlace, directory: string, files: Iterable<File>): void {
    for (const file of files) {
      const row = shallowReactive<UploadRow>({
        ...{ file, place, path: joinPath(directory, file.name), aborting: new AbortController() },
        ...{ sentBytes: 0, state: 'waiting', problem: '' },
      });
      uploads.value = [...uploads.value, row];
      void send(row, false);
    }
  }

  function drop(row: UploadRow): void {
    row.aborting.abort();
    uploads.value = uploads.value.filter((one) => one !== row);
  }
  return { uploads, add, drop, replace: (row: UploadRow) => void send(row, true) };
}
