import type { AuditEntry, listAudit } from '@gantry/contract';
import type { QueryOf } from '@gantry/contract';
import { onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { call } from '../../api/call.ts';
import { routes } from '../../api/routes.ts';

export type AuditFilter = Omit<QueryOf<typeof listAudit>, 'before' | 'limit'>;

const pageEntries = 100;

/** The entries that a filter takes, newest first, page after page as they are asked for. */
export function useAudit(filter: Ref<AuditFilter>) {
  const entries = shallowRef<readonly AuditEntry[]>([]);
  const failure = shallowRef<unknown>();
  const isLoading = shallowRef(false);
  const isLoaded = shallowRef(false);
  const hasMore = shallowRef(false);
  let asking = new AbortController();

  /** Asks anew; what is shown stays until the answer is there. */
  function reload(): Promise<void> {
    asking.abort();
    isLoading.value = false;
    return load([]);
  }

  async function more(): Promise<void> {
    if (hasMore.value && !isLoading.value && failure.value === undefined) await load(entries.value);
  }

  async function load(before: readonly AuditEntry[]): Promise<void> {
    const mine = (asking = new AbortController());
    isLoading.value = true;
    try {
      const query = { ...filter.value, before: before.at(-1)?.sequence, limit: pageEntries };
      const page = await call(routes.listAudit, { query, signal: mine.signal });
      if (mine.signal.aborted) return;
      entries.value = [...before, ...page];
      hasMore.value = page.length === pageEntries;
      failure.value = undefined;
      isLoaded.value = true;
    } catch (thrown) {
      if (!mine.signal.aborted) failure.value = thrown;
    }
    if (!mine.signal.aborted) isLoading.value = false;
  }

  watch(filter, () => void reload(), { immediate: true });
  onScopeDispose(() => asking.abort());
  return { entries, failure, isLoading, isLoaded, hasMore, reload, more };
}
