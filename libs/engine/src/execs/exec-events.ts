import { type ContainersHost, publish } from '../containers/containers-host.ts';
import type { ManagedContainer } from '../containers/managed-container.ts';
import type { Exec } from './exec.ts';

/** Tells that an exec was made or begins, with its command as dockerd joins it: a blank follows the program also where it has no arguments. */
export function publishExec(
  host: Pick<ContainersHost, 'events'>,
  container: ManagedContainer,
  { verb, exec: { id, config } }: { verb: 'exec_create' | 'exec_start'; exec: Pick<Exec, 'id' | 'config'> },
): void {
  const [program = '', ...args] = config.command;
  publish(host, container, { action: `${verb}: ${program} ${args.join(' ')}`, more: { execID: id } });
}
