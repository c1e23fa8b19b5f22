import { Failure, type FailureCode } from '@gantry/base';
import { type MessageKey, text } from '../i18n/i18n.ts';

const titles: Record<FailureCode, MessageKey> = {
  invalid: 'failure.invalid',
  unauthenticated: 'failure.unauthenticated',
  forbidden: 'failure.forbidden',
  'not-found': 'failure.notFound',
  conflict: 'failure.conflict',
  precondition: 'failure.conflict',
  exhausted: 'failure.exhausted',
  unsupported: 'failure.unsupported',
  unavailable: 'failure.unavailable',
  cancelled: 'failure.cancelled',
  internal: 'failure.internal',
};

/** The one table from failure codes to words; `detail` is what the engine or server said, in its own words. */
export function failureText(thrown: unknown): { title: string; detail: string } {
  const failure = Failure.from(thrown);
  return { title: text(titles[failure.code]), detail: failure.message };
}
