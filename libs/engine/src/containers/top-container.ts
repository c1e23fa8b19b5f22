import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { runCommand } from '@gantry/linux';
import { checkRuns } from './check-runs.ts';
import { cgroupOf, type ContainersHost, publish } from './containers-host.ts';
import type { ManagedContainer } from './managed-container.ts';

export interface ProcessTable {
  readonly Titles: readonly string[];
  readonly Processes: readonly (readonly string[])[];
}

/** The container's processes as ps on the host shows them, with ps' own arguments (`-ef` for ''). */
export async function topContainer(host: ContainersHost, container: ManagedContainer, psArguments: string): Promise<ProcessTable> {
  checkRuns(container);
  const args = psArguments.trim() === '' ? ['-ef'] : psArguments.trim().split(/\s+/);
  if (args.some((argument) => !/^[\w,.:=+-]+$/.test(argument))) throw new Failure('invalid', `invalid ps arguments: ${psArguments}`);
  // A column that is only called PID would show processes of others.
  const [, column, name] = /(?:^|[\s,])([^\s,]*)=\s*(PID\S*)/.exec(psArguments) ?? [];
  if (column !== undefined && column !== 'pid') throw new Failure('invalid', `specifying "${column}=${name ?? ''}" is not allowed`);
  const [pids, { code, stdout, stderr }] = await Promise.all([
    host.cgroups.processesOf(cgroupOf(host, container.id)),
    runCommand('/bin/ps', args),
  ]);
  if (code !== 0) throw new Failure('invalid', `ps: ${stderr.trim().split('\n', 1)[0] ?? ''}`);
  const table = processTable(stdout, new Set(pids));
  publish(host, container, { action: 'top' });
  return table;
}

/** Those rows whose PID is wanted; the last column keeps its blanks. */
export function processTable(text: string, pids: ReadonlySet<number>): ProcessTable {
  const [head = '', ...lines] = text.split('\n').filter((line) => line.trim() !== '');
  const titles = head.trim().split(/\s+/);
  const pidColumn = titles.indexOf('PID');
  if (pidColumn < 0) throw new Failure('invalid', messages.pidNotFoundInTop);
  const rows = lines.map((line) => {
    const words = line.trim().split(/\s+/);
    return [...words.slice(0, titles.length - 1), words.slice(titles.length - 1).join(' ')];
  });
  return { Titles: titles, Processes: rows.filter((row) => pids.has(Number(row[pidColumn]))) };
}
