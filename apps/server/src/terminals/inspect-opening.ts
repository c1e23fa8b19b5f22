import { inspectAttachTerminal, inspectExecTerminal, type OpenedTerminal } from './opened-terminal.ts';
import type { TerminalHosts } from './terminal-hosts.ts';
import type { Opening } from './terminal-openings.ts';

/** What is opened, as its host tells, and whether that has a terminal at all. A shell on the host is named after it. */
export async function inspectOpening(
  hosts: Pick<TerminalHosts, 'client' | 'nameOf'>,
  { host, opening: { kind, id, container } }: { host: string; opening: Opening },
  signal: AbortSignal,
): Promise<OpenedTerminal & { readonly isTerminal: boolean }> {
  switch (kind) {
    case 'host':
      return { id, kind, containerId: '', containerName: hosts.nameOf(host), labels: {}, command: 'login shell', isTerminal: true };
    case 'exec':
      return inspectExecTerminal(hosts.client(host), id, signal);
    case 'attach':
      return inspectAttachTerminal(hosts.client(host), { id, container }, signal);
  }
}
