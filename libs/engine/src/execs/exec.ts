import type { ExecId } from '../ids.ts';
import type { ProcessIdentity } from '@gantry/linux';
import type { ManagedContainer } from '../containers/managed-container.ts';

/** What is to run in a container besides its own process. */
export interface ExecConfig {
  readonly user: string;
  readonly isPrivileged: boolean;
  readonly tty: boolean;
  readonly consoleSize: readonly [rows: number, columns: number] | undefined;
  readonly attachStdin: boolean;
  readonly attachStdout: boolean;
  readonly attachStderr: boolean;
  readonly detachKeys: string;
  readonly env: readonly string[];
  readonly workingDirectory: string;
  readonly command: readonly string[];
}

export type ExecState =
  | { readonly name: 'created' }
  | { readonly name: 'running'; readonly process: ProcessIdentity | undefined }
  | { readonly name: 'exited'; readonly code: number; readonly pid: number };

/** An exec lives in the engine's memory, as in dockerd: after a restart of the engine it is unknown, though its process may go on. */
export interface Exec {
  readonly id: ExecId;
  readonly container: ManagedContainer;
  readonly config: ExecConfig;
  state: ExecState;
  /** The bundle of its monitor, where it has one: the terminal is resized there. */
  bundle: string | undefined;
  /** Resolves when the process runs or was refused. */
  ready: Promise<unknown>;
}
