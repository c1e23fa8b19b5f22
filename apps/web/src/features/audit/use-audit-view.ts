import type { AuditOutcome } from '@gantry/contract';
import { computed, type Ref } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import { useScope } from '../../shell/use-scope.ts';
import { outcomes } from './outcomes.ts';

const names = ['q', 'user', 'action', 'target', 'outcome', 'from', 'to'] as const;

/** What the page shows, all of it in the address: the filter, and the entry that is open. Times are those of the browser's clock (`2026-01-31T12:00`). */
export function useAuditView() {
  const route = useRoute();
  const router = useRouter();
  const read = (name: string): string => {
    const value = route.query[name];
    return typeof value === 'string' ? value : '';
  };
  const inAddress = (name: string): Ref<string> =>
    computed({
      get: () => read(name),
      set: (value) => void router.replace({ query: { ...route.query, [name]: value.trim() || undefined } }),
    });
  const { host } = useScope();
  const outcome = computed<AuditOutcome | ''>({
    get: () => outcomes.find((one) => one === read('outcome')) ?? '',
    set: (value) => void router.replace({ query: { ...route.query, outcome: value || undefined } }),
  });
  const filter = computed(() => ({
    text: read('q') || undefined,
    user: read('user') || undefined,
    action: read('action') || undefined,
    target: read('target') || undefined,
    outcome: outcome.value || undefined,
    host: host.value,
    since: timeOf(read('from')),
    until: timeOf(read('to')),
  }));
  return {
    ...{ text: inAddress('q'), user: inAddress('user'), action: inAddress('action'), target: inAddress('target') },
    ...{ from: inAddress('from'), to: inAddress('to'), open: inAddress('entry'), outcome, filter },
    isFiltered: computed(() => names.some((name) => read(name) !== '')),
    clear: () => void router.replace({ query: { ...route.query, ...Object.fromEntries(names.map((name) => [name, undefined])) } }),
  };
}

function timeOf(local: string): string | undefined {
  const time = new Date(local);
  return local === '' || Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
