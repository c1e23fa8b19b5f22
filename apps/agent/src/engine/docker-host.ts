import { Failure } from '@gantry/base';
import type { Engine } from '@gantry/engine-api';
import { findDocker, type FoundEngine, usualSockets } from './docker-socket.ts';

/** The Docker or Podman of this host; `unavailable` and where it was looked for. */
export async function requireDocker(
  dockerSocket: string | undefined,
  connect: (socketPath: string) => Engine,
  signal: AbortSignal,
): Promise<FoundEngine> {
  const paths = dockerSocket === undefined ? usualSockets : [dockerSocket];
  const found = await findDocker(paths, connect, signal);
  if (!found) throw new Failure('unavailable', `no Docker or Podman answers on ${paths.join(', ')}`);
  return found;
}
