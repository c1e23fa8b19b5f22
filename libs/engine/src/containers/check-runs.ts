import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { runOf, statusWord } from './container.ts';
import type { ManagedContainer } from './managed-container.ts';

/** Fails with `conflict` where a container has no process now. */
export function checkRuns({ id, state }: ManagedContainer): void {
  if (runOf(state)) return;
  throw new Failure('conflict', statusWord(state) === 'restarting' ? messages.restarting(id) : messages.notRunning(id));
}
