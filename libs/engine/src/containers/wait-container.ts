import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { exitOf } from './container.ts';
import type { ManagedContainer } from './managed-container.ts';

export interface WaitAnswer {
  readonly StatusCode: number;
  readonly Error?: { readonly Message: string };
}

/**
 * Registers a waiter before it returns; `answer` resolves when the condition comes true. `not-running` is true at once for a container that does
 * not run and policy does not start again, and at the end of a run also where policy does, as with dockerd; `next-exit` waits for the end of a run
 * that may not have begun; `removed` answers with the last exit code.
 */
export function waitForContainer(container: ManagedContainer, condition: string): { readonly answer: Promise<WaitAnswer> } & Disposable {
  if (!['', 'not-running', 'next-exit', 'removed'].includes(condition)) throw new Failure('invalid', messages.invalidCondition(condition));
  const { promise: answer, resolve } = Promise.withResolvers<WaitAnswer>();
  let lastCode = exitOf(container.state)?.code ?? 0;
  const listening = container.listen((change) => {
    if (change.kind === 'exited') lastCode = change.exit.code;
    if (condition !== 'removed' || change.kind === 'removed') resolve({ StatusCode: lastCode });
  });
  if ((condition === '' || condition === 'not-running') && !container.isRunning) resolve({ StatusCode: lastCode });
  void answer.then(() => {
    listening[Symbol.dispose]();
  });
  return { answer, [Symbol.dispose]: () => listening[Symbol.dispose]() };
}
