import { randomBytes } from 'node:crypto';
import { Failure } from '@gantry/base';
import type { VolumeRequest } from '../containers/volumes-for-containers.ts';
import type { ContainerId } from '../ids.ts';
import type { VolumeRecord } from './volume-record.ts';

const anonymousLabel = 'com.docker.volume.anonymous';

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

/** The record of a volume that is made now: for a container, or for nobody yet. */
export function newRecord({ name, isAnonymous, request }: NamedRequest, container: ContainerId | undefined): VolumeRecord {
  const labels = isAnonymous ? { ...request.labels, [anonymousLabel]: '' } : request.labels;
  const made = { name, driver: 'local', labels, options: request.options, isAnonymous, createdAtMs: Date.now() } as const;
  const isAwaited = isAnonymous && container !== undefined;
  return { ...made, holders: container ? [container] : [], ...(isAwaited && { isAwaited }) };
}
