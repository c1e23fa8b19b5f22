import { Failure } from '@gantry/base';

/** A message that cannot be served as HTTP; `status` is what the peer is told before its connection is closed. */
export function refused(status: number, message: string): Failure {
  return new Failure('invalid', message, { details: { status } });
}
