import { readdirSync, readFileSync } from 'node:fs';
import { errnoOf } from './system-failure.ts';

/** SIGKILL; a process that has ended is no error. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ESRCH') throw thrown;
  }
}

/** Kills what a process has started, and what that has started in turn; not the process itself. False where it has no children. */
export function killDescendants(pid: number): boolean {
  const descendants = descendantsOf(pid);
  for (const descendant of descendants) killIfThere(descendant);
  return descendants.length > 0;
}

function descendantsOf(pid: number): number[] {
  const children = listOrNothing(() => readdirSync(`/proc/${pid}/task`)).flatMap((thread) =>
    listOrNothing(() => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ')).filter((text) => text !== ''),
  );
  return children.map(Number).flatMap((child) => [child, ...descendantsOf(child)]);
}

/** A process or thread that has ended in the meantime has no files. */
function listOrNothing(list: () => string[]): string[] {
  try {
    return list();
  } catch {
    return [];
  }
}
