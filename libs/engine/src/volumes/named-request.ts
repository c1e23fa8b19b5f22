import { randomBytes } from 'node:crypto';
import { Failure } from '@gantry/base';
import type { VolumeRequest } from '../containers/volumes-for-containers.ts';

/** A request for a volume, with the name that it has from now on. */
export interface NamedRequest {
  readonly name: string;
  readonly isAnonymous: boolean;
  readonly request: VolumeRequest;
}

/** Anonymous volumes get a name of 64 hex digits. */
export function withName(request: VolumeRequest): NamedRequest {
  const isAnonymous = request.name === '';
  return { name: isAnonymous ? randomBytes(32).toString('hex') : request.name, isAnonymous, request };
}

/** Fails with `not-found` in dockerd's words for a driver other than `local`. */
export function checkDriver(name: string, driver: string): void {
  if (driver === '' || driver === 'local') return;
  throw new Failure('not-found', `create ${name}: error looking up volume plugin ${driver}: plugin "${driver}" not found`);
}
