import { computed, type ComputedRef } from 'vue';
import { call } from '../../api/call.ts';
import { routes } from '../../api/routes.ts';
import { useSession } from '../../api/session.ts';
import { useAnswer } from '../../api/use-answer.ts';

/** The names of the groups that a host is in, as far as the caller sees them. */
export function useHostGroups(host: () => string): ComputedRef<readonly string[]> {
  const session = useSession();
  const { answer } = useAnswer(host, (signal) =>
    session.permissions.has('host:view') ? call(routes.listHostGroups, { signal }) : Promise.resolve([]),
  );
  return computed(() => (answer.value ?? []).filter(({ hosts }) => hosts.includes(host())).map(({ name }) => name));
}
