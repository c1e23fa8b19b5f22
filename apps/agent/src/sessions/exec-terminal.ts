import { setTimeout as pause } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import type { EngineClient } from '@gantry/engine-api';
import { hangUp } from './hang-up.ts';
import type { SessionTerminal } from './session.ts';

/** What an engine tells of an exec. */
export interface InspectedExec {
  readonly ContainerID: string;
  readonly Running: boolean;
  readonly ExitCode: number | null;
  readonly Pid?: number;
  readonly ProcessConfig?: { readonly tty?: boolean; readonly entrypoint?: string; readonly arguments?: readonly string[] | null };
}

export async function inspectExec(client: EngineClient, id: string): Promise<InspectedExec> {
  return (await client.call('ExecInspect', { path: { id } })).json<InspectedExec>();
}

const endMs = 2000;

/** Starts an exec with a terminal, which nobody but us is attached to. */
export async function startExecTerminal(
  client: EngineClient,
  id: string,
  { columns, rows }: { columns: number; rows: number },
): Promise<SessionTerminal> {
  const ending = new AbortController();
  const body = { Detach: false, Tty: true, ConsoleSize: [rows, columns] };
  const { open } = await client.open('ExecStart', { path: { id }, body }, ending.signal);
  const resize = async (width: number, height: number): Promise<void> => {
    await client.call('ExecResize', { path: { id }, query: { w: width, h: height } });
  };
  return {
    open,
    resize,
    async hangUp() {
      try {
        const { Pid: pid = 0, ContainerID: container, Running: isRunning } = await inspectExec(client, id);
        if (isRunning) await hangUp(pid, container);
      } catch {
        // The container or the engine is gone, and the process with it.
      }
      // A process that could not be reached loses its terminal.
      const cut = setTimeout(() => ending.abort(new Failure('cancelled', 'the session has ended')), endMs);
      cut.unref();
    },
    async exitCode() {
      for (let waitedMs = 0; waitedMs < endMs; waitedMs += 50) {
        const { Running: isRunning, ExitCode: code } = await inspectExec(client, id);
        if (!isRunning) return code ?? undefined;
        await pause(50);
      }
      return undefined;
    },
  };
}
