import type { AuditOutcome } from '@gantry/contract';
import { computed, type Ref } from 'vue';
import { useAddress, useAddressChange } from '../../shell/use-address.ts';
import { useScope } from '../../shell/use-scope.ts';
import { outcomes } from './outcomes.ts';

const names = ['q', 'user', 'action', 'target', 'outcome', 'from', 'to'] as const;

/** What the page shows, all of it in the address: the filter, and the entry that is open. Times are those of the browser's clock (`2026-01-31T12:00`). */
export function useAuditView() {
  const address = useAddress();
  const put = useAddressChange();
  const read = (name: string): string => address(name).value;
  const inAddress = (name: string): Ref<string> => {
    const word = address(name);
    return computed({ get: () => word.value, set: (value) => (word.value = value.trim()) });
  };
  const { host } = useScope();
  const written = address('outcome');
  const outcome = computed<AuditOutcome | ''>({
    get: () => outcomes.find((one) => one === written.value) ?? '',
    set: (value) => (written.value = value),
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
    clear: () => put(Object.fromEntries(names.map((name) => [name, undefined]))),
  };
}

function timeOf(local: string): string | undefined {
  const time = new Date(local);
  return local === '' || Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
