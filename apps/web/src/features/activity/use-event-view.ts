import { computed } from 'vue';
import { useAddress } from '../../shell/use-address.ts';
import { useScope } from '../../shell/use-scope.ts';
import type { EventFilter } from './event-match.ts';

/** The kinds that engines tell of. */
export const eventTypes = ['container', 'image', 'volume', 'network', 'daemon'] as const;

/** Of commands inside of containers engines tell three times, and every health check is one: they would hide everything else. */
const execs = 'exec_';

/** What the list of events shows, all of it in the address. Times are those of the browser's clock (`2026-01-31T12:00`). */
export function useEventView() {
  const address = useAddress();
  const { host } = useScope();
  const fields = {
    text: address('q'),
    type: address('type'),
    action: address('action'),
    from: address('from'),
    to: address('to'),
    execs: address('execs'),
  };
  const filter = computed<EventFilter>(() => ({
    host: host.value,
    type: eventTypes.find((type) => type === fields.type.value) ?? '',
    action: fields.action.value.trim(),
    without: fields.execs.value || fields.action.value.startsWith('exec') ? '' : execs,
    text: fields.text.value.trim(),
    sinceMs: timeOf(fields.from.value),
    untilMs: timeOf(fields.to.value),
  }));
  return { ...fields, filter, isFiltered: computed(() => Object.values(fields).some(({ value }) => value !== '')) };
}

function timeOf(local: string): number | undefined {
  const time = Date.parse(local);
  return local === '' || Number.isNaN(time) ? undefined : time;
}
