import { type Ref, shallowRef } from 'vue';
import { failureText } from './failure-text.ts';

export interface Attempt {
  /** Why the last one failed, in words. */
  readonly problem: Ref<string | undefined>;
  readonly isBusy: Ref<boolean>;
  /** Does it, unless one is under way already. Never rejects. */
  readonly attempt: (act: () => Promise<unknown>) => Promise<void>;
}

/** What a form or dialog does with what somebody asks of it: once at a time, and where it fails the reason stands there until the next try. */
export function useAttempt(): Attempt {
  const problem = shallowRef<string>();
  const isBusy = shallowRef(false);
  async function attempt(act: () => Promise<unknown>): Promise<void> {
    if (isBusy.value) return;
    isBusy.value = true;
    problem.value = undefined;
    try {
      await act();
    } catch (thrown) {
      problem.value = failureText(thrown).detail;
    } finally {
      isBusy.value = false;
    }
  }
  return { problem, isBusy, attempt };
}
