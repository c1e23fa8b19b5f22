import { Failure } from '@gantry/base';
import type { GuardedCall } from './guarded-call.ts';

const reserved = 'gantry.';

/** Labels below `gantry.` say what Gantry believes of an object; nobody gives them to one by a request of their own (`invalid`). */
export function refuseReservedLabels({ query, body }: Pick<GuardedCall, 'query' | 'body'>): void {
  const { Labels: ofBody = {} } = (body?.value ?? {}) as { Labels?: Readonly<Record<string, string>> | null };
  const found = [...Object.keys(ofBody ?? {}), ...labelsOf(query.values['labels'])].find((name) => name.startsWith(reserved));
  if (found !== undefined) throw new Failure('invalid', `label ${found}: labels below ${reserved} are Gantry's own`);
}

/** Of a build, which has them as JSON in the query. */
function labelsOf(text: string | readonly string[] | undefined): string[] {
  if (typeof text !== 'string' || text === '') return [];
  try {
    return Object.keys((JSON.parse(text) ?? {}) as object);
  } catch (cause) {
    throw new Failure('invalid', 'labels are no JSON object', { cause });
  }
}
