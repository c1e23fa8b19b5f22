import { getSystemErrorMap } from 'node:util';
import { Failure, type FailureCode } from '@gantry/base';

/** What kind of trouble an errno is; all others are `internal`. */
const codes: Readonly<Record<string, FailureCode>> = {
  EADDRINUSE: 'conflict',
  EEXIST: 'conflict',
  EBUSY: 'conflict',
  ENOENT: 'not-found',
  ENODEV: 'not-found',
  ESRCH: 'not-found',
  ENXIO: 'not-found',
  EPERM: 'forbidden',
  EACCES: 'forbidden',
  EINVAL: 'invalid',
  EADDRNOTAVAIL: 'invalid',
  ENAMETOOLONG: 'invalid',
  ENOTDIR: 'invalid',
  EISDIR: 'invalid',
  ELOOP: 'invalid',
  EOVERFLOW: 'invalid',
  ERANGE: 'invalid',
  E2BIG: 'invalid',
  ENOSYS: 'unsupported',
  ENOTSUP: 'unsupported', // EOPNOTSUPP too: on Linux they are one number
  EAFNOSUPPORT: 'unsupported',
  EPROTONOSUPPORT: 'unsupported',
  ENOMEM: 'exhausted',
  ENOSPC: 'exhausted',
  EMFILE: 'exhausted',
  ENFILE: 'exhausted',
  ETIMEDOUT: 'unavailable',
};

/** The error of a system call: `details.errno` is its name (`EBUSY`), `details.call` the call that failed. */
export function systemFailure(call: string, about: string, errno: number): Failure {
  const [name, words] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown error'];
  return new Failure(codes[name] ?? 'internal', `${call} ${about}: ${words} (${name})`, { details: { errno: name, call } });
}

/** The name of the errno that a failure came from, as `ENOENT`. */
export function errnoOf(thrown: unknown): string | undefined {
  // Not `instanceof Error`: errors of node:fs may come from another realm (a test's).
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const name: unknown = thrown instanceof Failure ? thrown.details['errno'] : 'code' in thrown ? thrown.code : undefined;
  return typeof name === 'string' ? name : undefined;
}
