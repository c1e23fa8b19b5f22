import type { FileEntry } from '@gantry/engine-api/client';
import { onScopeDispose, shallowReactive, watch } from 'vue';
import { type FilePlace, listFiles } from './files.ts';

/** A directory as far as it has been read. */
export interface Directory {
  entries: readonly FileEntry[] | undefined;
  /** Where the next page begins; none: all of it is there. */
  next: string | undefined;
  failure: unknown;
  isLoadingMore: boolean;
}

const unread: Directory = { entries: undefined, next: undefined, failure: undefined, isLoadingMore: false };

/** What is in a directory, page by page; asked again when the place or the path changes, and by `load`. */
export function useDirectory(place: () => FilePlace, path: () => string) {
  const directory = shallowReactive<Directory>({ ...unread });
  let asking = new AbortController();

  async function read(cursor: string | undefined, { signal }: AbortController): Promise<void> {
    try {
      const page = await listFiles(place(), path(), { cursor, signal });
      if (signal.aborted) return;
      directory.entries = cursor === undefined ? page.entries : [...(directory.entries ?? []), ...page.entries];
      directory.next = page.next;
      directory.failure = undefined;
    } catch (thrown) {
      if (!signal.aborted) directory.failure = thrown;
    }
  }

  async function load(): Promise<void> {
    asking.abort();
    asking = new AbortController();
    await read(undefined, asking);
  }

  async function more(): Promise<void> {
    if (directory.next === undefined || directory.isLoadingMore) return;
    directory.isLoadingMore = true;
    await read(directory.next, asking);
    directory.isLoadingMore = false;
  }

  const restart = (): void => {
    Object.assign(directory, unread);
    void load();
  };
  watch(() => `${place().host} ${place().kind} ${place().name} ${path()}`, restart, { immediate: true });
  onScopeDispose(() => asking.abort());
  return { directory, load, more };
}
