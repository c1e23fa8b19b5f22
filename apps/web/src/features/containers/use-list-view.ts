import { computed, type Ref } from 'vue';
import { type ShownState, shownStates } from '../../fleet/state.ts';
import { useAddress, useAddressChange } from '../../shell/use-address.ts';
import { useScope } from '../../shell/use-scope.ts';
import { type Column, columns } from './columns.ts';
import { type Sort, sortFields, startsDescending } from './order.ts';

const byDefault: Sort = { field: 'state', isDescending: false };

/** What the list shows, all of it in the address: filter, states, order, columns, and the sheet that is open. */
export function useListView() {
  const address = useAddress();
  const put = useAddressChange();
  const inAddress = <Value>(name: string, parse: (written: string) => Value, write: (value: Value) => string): Ref<Value> => {
    const word = address(name);
    return computed({ get: () => parse(word.value), set: (value) => (word.value = write(value)) });
  };
  const hidden = (shown: readonly Column[]): string =>
    columns
      .filter((column) => !shown.includes(column))
      .map(({ field }) => field)
      .join();
  return {
    host: useScope().host,
    filter: inAddress('q', String, String),
    states: inAddress<readonly ShownState[]>('state', parseStates, (states) => states.join()),
    sort: inAddress('sort', parseSort, writeSort),
    columns: inAddress<readonly Column[]>('hide', (written) => columns.filter(({ field }) => !written.split(',').includes(field)), hidden),
    sheet: inAddress<string | undefined>(
      'sheet',
      (written) => written || undefined,
      (sheet) => sheet ?? '',
    ),
    clear: () => put({ q: undefined, state: undefined }),
  };
}

function parseStates(written: string): readonly ShownState[] {
  const wanted = written.split(',');
  return shownStates.filter((state) => wanted.includes(state));
}

/** `cpu` in its natural direction, `-cpu` the other way round. */
function parseSort(written: string): Sort {
  const field = sortFields.find((one) => one === written.replace(/^-/, ''));
  if (!field) return byDefault;
  return { field, isDescending: startsDescending.has(field) !== written.startsWith('-') };
}

function writeSort({ field, isDescending }: Sort): string {
  if (field === byDefault.field && isDescending === byDefault.isDescending) return '';
  return startsDescending.has(field) === isDescending ? field : `-${field}`;
}
