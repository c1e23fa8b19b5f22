import { Failure } from '@gantry/base';
import type { FoundSession } from './found-sessions.ts';
import { inspectOpening } from './inspect-opening.ts';
import type { OpenedTerminal } from './opened-terminal.ts';
import type { TerminalHosts } from './terminal-hosts.ts';

/** A session that a host has, as its engine tells. The container of one that has ended may be gone, or its exec forgotten: then what its host tells stands. */
export async function inspectFound(
  hosts: Pick<TerminalHosts, 'client' | 'nameOf'>,
  { host, found }: { readonly host: string; readonly found: FoundSession },
  signal: AbortSignal,
): Promise<OpenedTerminal> {
  const { id, kind, containerId, containerName, command, ended } = found;
  try {
    return await inspectOpening(hosts, { host, opening: { kind, id, container: containerId } }, signal);
  } catch (thrown) {
    if (!ended || Failure.from(thrown).code !== 'not-found') throw thrown;
    return { id, kind, containerId, containerName, command, labels: {} };
  }
}
