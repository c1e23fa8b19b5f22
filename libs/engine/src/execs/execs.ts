import { randomBytes } from 'node:crypto';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { resizeTerminal } from '@gantry/linux';
import type { Containers } from '../containers/containers.ts';
import { checkRuns } from '../containers/check-runs.ts';
import { detachSequence } from '../containers/detach-keys.ts';
import type { ExecId } from '../ids.ts';
import type { Exec, ExecConfig } from './exec.ts';
import { publishExec } from './exec-events.ts';
import { forgetEndedExecs } from './former-execs.ts';
import { type StartedExec, startExec } from './start-exec.ts';

const keptAfterEndMs = 5 * 60_000;

/** All execs since the engine started; one that ended stays known for five minutes, for whoever asks for its exit code. */
export class Execs {
  readonly #containers: Containers;
  /** `<run-root>/engine/execs`: a directory for each running exec. */
  readonly #directory: string;
  readonly #execs = new Map<string, Exec>();

  private constructor(containers: Containers, directory: string) {
    this.#containers = containers;
    this.#directory = directory;
  }

  /** Execs of a former engine are no longer known; those with a monitor go on, and each one's directory goes when it has ended. */
  static async open(containers: Containers, directory: string): Promise<Execs> {
    await forgetEndedExecs(directory);
    return new Execs(containers, directory);
  }

  /** Fails with `conflict` where the container does not run or is paused, `invalid` without a command or for detach keys that are none. */
  create(reference: string, config: ExecConfig): Exec {
    const container = this.#containers.find(reference);
    if (config.command.length === 0) throw new Failure('invalid', messages.noExecCommand);
    if (container.state.name === 'paused') throw new Failure('conflict', messages.isPaused(container.name));
    checkRuns(container);
    detachSequence(config.detachKeys, 'escape');
    const exec: Exec = {
      id: randomBytes(32).toString('hex') as ExecId,
      container,
      config,
      state: { name: 'created' },
      bundle: undefined,
      ready: Promise.resolve(),
    };
    this.#execs.set(exec.id, exec);
    container.execIds.add(exec.id);
    publishExec(this.#containers.host, container, { verb: 'exec_create', exec });
    return exec;
  }

  find(id: string): Exec {
    const exec = this.#execs.get(id) ?? [...this.#execs.values()].find((candidate) => id.length >= 12 && candidate.id.startsWith(id));
    if (!exec) throw new Failure('not-found', messages.noSuchExec(id));
    return exec;
  }

  /** Readies the exec; nothing runs before `open` (attached) or when this returns (detached). Fails with `conflict` where it has run. */
  async start(id: string, options: { readonly detach: boolean; readonly consoleSize: ExecConfig['consoleSize'] }): Promise<StartedExec> {
    const exec = this.find(id);
    if (exec.state.name !== 'created') throw new Failure('conflict', messages.execAlreadyRunning(exec.id));
    checkRuns(exec.container);
    const sized = options.consoleSize ? { ...exec, config: { ...exec.config, consoleSize: options.consoleSize } } : exec;
    exec.state = { name: 'running', process: undefined };
    const { host } = this.#containers;
    const started = startExec(host, exec, { config: sized.config, directory: this.#directory, isDetached: options.detach });
    exec.ready = started.ready.catch(() => undefined);
    void started.ended.finally(() => {
      exec.container.execIds.delete(exec.id);
      setTimeout(() => this.#execs.delete(exec.id), keptAfterEndMs).unref();
    });
    if (options.detach) await started.ready;
    return started;
  }

  async resize(id: string, size: { readonly rows: number; readonly columns: number }): Promise<void> {
    const exec = this.find(id);
    // Clients resize as soon as they have the stream, which is before the process.
    await exec.ready;
    if (exec.state.name !== 'running') throw new Failure('conflict', messages.execNotRunning(exec.id));
    if (exec.bundle !== undefined) await resizeTerminal(exec.bundle, size);
  }

  /** Forgets those of a removed container. */
  forget(containerId: string): void {
    for (const exec of this.#execs.values()) if (exec.container.id === containerId) this.#execs.delete(exec.id);
  }
}
