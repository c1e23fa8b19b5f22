import type { GuardedCall } from './guarded-call.ts';
import type { HostThings } from './host-things.ts';
import type { Thing } from './thing.ts';

/** Whose eyes an answer is for. */
export interface Looking {
  readonly call: Pick<GuardedCall, 'route'> & { readonly asked: Readonly<Record<string, unknown>> };
  readonly things: HostThings;
  /** What the request is about. */
  readonly subject: Thing | undefined;
  /** An inspect tells values of variables where the right to see them is there; else it hides them from everybody. */
  readonly tellsValues: boolean;
}
