import { shallowRef } from 'vue';
import { useAnswer } from '../../api/use-answer.ts';
import type { LiveRow } from '../../fleet/live-row.ts';
import { inspectContainer } from './inspect.ts';

/** What the engine says of a container; asked again with each change of its row, and by `again`. */
export function useInspected(live: () => LiveRow) {
  const asked = shallowRef(0);
  const { answer, failure } = useAnswer(
    () => [live().row.host, live().row.id, live().row.revision, asked.value].join(),
    (signal) => inspectContainer(live().row.host, live().row.id, signal),
  );
  return { inspected: answer, failure, again: () => (asked.value += 1) };
}
