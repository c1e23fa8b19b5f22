import { type ContainersHost, publish } from '../containers/containers-host.ts';
import type { Exec } from './exec.ts';

/** Keeps the exec's code and tells it. */
export function finishExec(host: ContainersHost, exec: Exec, { code, pid }: { code: number; pid: number }): void {
  exec.state = { name: 'exited', code, pid };
  publish(host, exec.container, { action: 'exec_die', more: { execID: exec.id, exitCode: String(code) } });
}
