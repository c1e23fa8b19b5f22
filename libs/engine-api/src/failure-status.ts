import type { Failure, FailureCode } from '@gantry/base';

/** The HTTP status of a Failure toward a client of the engine. `exhausted` is 507 where the message is about space: see `statusOf`. */
export const failureStatus: Readonly<Record<FailureCode, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  precondition: 409,
  exhausted: 429,
  unsupported: 501,
  unavailable: 503,
  cancelled: 499,
  internal: 500,
};

/** The status of one failure: 507 where it is the disk that is full. */
export const statusOf = ({ code, details }: Failure): number => (details['isSpace'] === true ? 507 : failureStatus[code]);
