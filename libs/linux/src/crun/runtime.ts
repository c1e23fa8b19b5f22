import { access, constants, type FileHandle, open, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import { parseRuntimeVersion, wantsIdsOfNamespace } from './runtime-version.ts';
import { type CommandResult, runCommand } from './run-command.ts';
import { runtimeMessage } from './runtime-message.ts';
import { SealedProgram } from './sealed-program.ts';

const unifiedHierarchy = '/sys/fs/cgroup/unified';

export interface RuntimeSettings {
  /** Absolute path of the program. */
  readonly program: string;
  /** Where the runtime keeps its own state; on a tmpfs, lost at boot. */
  readonly root: string;
  /** `process` starts containers by `crun start`; `fifo` writes crun's exec.fifo and falls back to the process. */
  readonly startBy?: 'fifo' | 'process';
  /** Arguments before the verb, of a runtime that somebody configured. */
  readonly extraArguments?: readonly string[];
}

/**
 * An OCI runtime (crun, unless a container asks for another) by its command line. On hosts whose cgroup v2 hierarchy lies beside v1 ("hybrid") crun refuses to create; there,
 * `create` alone runs in a mount namespace of its own without the v2 mount. Arguments stay arguments: nothing is interpolated into a shell text.
 */
export class Runtime implements Disposable {
  readonly settings: RuntimeSettings;
  /** Three numbers, as 1.8.1; '' of a program that is not crun. */
  readonly version: string;
  /** What crun does beside the specification counts for nothing elsewhere. */
  readonly #isCrun: boolean;
  /** Of crun only. */
  readonly #sealed: SealedProgram | undefined;
  /** Whether `create` must hide the v2 hierarchy. */
  readonly isHybrid: boolean;

  /** It has to be told the ids of a user namespace that a container joins (see `wantsIdsOfNamespace`). */
  readonly wantsIdsOfNamespace: boolean;

  /** busybox unmounts in the shell itself, which saves a process. */
  readonly #shell: readonly string[];

  private constructor(settings: RuntimeSettings, facts: { versionText: string; isHybrid: boolean; hasBusybox: boolean }) {
    this.settings = settings;
    this.version = parseRuntimeVersion(facts.versionText) ?? '';
    this.wantsIdsOfNamespace = wantsIdsOfNamespace(facts.versionText);
    this.#isCrun = this.version !== '';
    this.#sealed = this.#isCrun ? new SealedProgram(settings.program) : undefined;
    this.isHybrid = this.#isCrun && facts.isHybrid;
    this.#shell = facts.hasBusybox ? ['/bin/busybox', 'sh'] : ['/bin/sh'];
  }

  /** Any OCI runtime with runc's command line; crun is recognised. Fails with `unavailable` where it cannot be run. */
  static async open(settings: RuntimeSettings): Promise<Runtime> {
    const { stdout: versionText } = await runCommand(settings.program, ['--version']);
    const hasBusybox = (await findProgram(['/bin/busybox'])) !== undefined;
    return new Runtime(settings, { versionText, isHybrid: await hasControllersBesideV1(), hasBusybox });
  }

  /** Containers and what was started go on; nothing can be started any more. */
  [Symbol.dispose](): void {
    this.#sealed?.[Symbol.dispose]();
  }

  /** The command before its verb. */
  get command(): readonly [program: string, ...args: string[]] {
    const { program, root, extraArguments = [] } = this.settings;
    return [this.#sealed?.path ?? program, ...(this.#isCrun ? ['--cgroup-manager=cgroupfs'] : []), '--root', root, ...extraArguments];
  }

  /** The command that a monitor runs to create, before the verb. */
  get createCommand(): readonly string[] {
    if (!this.isHybrid) return this.command;
    const hidden = ['--mount', '--propagation', 'slave', ...this.#shell, '-c', `umount ${unifiedHierarchy}; exec "$@"`, 'crun'];
    return ['/usr/bin/unshare', ...hidden, ...this.command];
  }

  /** Starts the process of a created container. */
  async start(id: string): Promise<void> {
    if (this.#isCrun && this.settings.startBy !== 'process' && (await this.#startByFifo(id).catch(() => false))) return;
    await this.#run('start', id);
  }

  /** Starts the process of a created container that still waits for it; one that has begun goes on, also where who began it was killed before all of it was noted. */
  async startIfWaiting(id: string): Promise<void> {
    if (!this.#isCrun) {
      if ((await this.#statusOf(id)) === 'created') await this.start(id);
      return;
    }
    try {
      // A fifo that nobody reads is left of a start.
      if (!(await this.#startByFifo(id))) await rm(this.#fifoOf(id), { force: true });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    }
  }

  /** Removes what the runtime and the kernel hold of a container (cgroups too); an unknown one is no error. */
  async delete(id: string): Promise<void> {
    const { code, stderr } = await this.#ask('delete', '--force', id);
    if (code !== 0 && !/does not exist|No such file/i.test(stderr)) throw runtimeFailure('delete', stderr);
  }

  /**
   * The same for one whose processes have all ended and whose specification has no hooks: of such a one crun holds nothing but its state directory,
   * whose removal takes less than a tenth of the time of `crun delete`. Control groups stay.
   */
  async forget(id: string): Promise<void> {
    if (this.#isCrun) await rm(join(this.settings.root, id), { recursive: true, force: true });
    else await this.delete(id);
  }

  pause(id: string): Promise<void> {
    return this.#run('pause', id);
  }

  resume(id: string): Promise<void> {
    return this.#run('resume', id);
  }

  /** Applies `linux.resources` (OCI runtime specification) to a running container; the file is removed afterwards. */
  async update(id: string, resources: object, scratchFile: string): Promise<void> {
    await writeFile(scratchFile, JSON.stringify(resources), { mode: 0o600 });
    try {
      await this.#run('update', '--resources', scratchFile, id);
    } finally {
      await unlink(scratchFile);
    }
  }

  /** The compiled seccomp filter of a created container, for the next container of the same profile. */
  async compiledFilter(id: string): Promise<Uint8Array | undefined> {
    return readFile(join(this.settings.root, id, 'seccomp.bpf')).catch(() => undefined);
  }

  /** What `crun start` does, without the process: one byte to exec.fifo, then unlink. False: nobody waits. */
  async #startByFifo(id: string): Promise<boolean> {
    const fifo = this.#fifoOf(id);
    const writer = await openWaited(fifo);
    if (writer === undefined) return false;
    await writer.write('0').finally(() => writer.close());
    await unlink(fifo);
    return true;
  }

  /** `created`, `running` or `stopped`; undefined of an unknown one. */
  async #statusOf(id: string): Promise<string | undefined> {
    const { code, stdout } = await this.#ask('state', id);
    return code === 0 ? (JSON.parse(stdout) as { status?: string }).status : undefined;
  }

  #fifoOf(id: string): string {
    return join(this.settings.root, id, 'exec.fifo');
  }

  async #run(verb: string, ...args: string[]): Promise<void> {
    const { code, stderr } = await this.#ask(verb, ...args);
    if (code !== 0) throw runtimeFailure(verb, stderr);
  }

  #ask(verb: string, ...args: string[]): Promise<CommandResult> {
    const [program, ...before] = this.command;
    return runCommand(program, [...before, verb, ...args]);
  }
}

const readerWithinMs = 2000;

/** A fifo to write to; undefined where nobody reads it. Its reader may need a moment after create. */
async function openWaited(fifo: string): Promise<FileHandle | undefined> {
  const lastTry = Date.now() + readerWithinMs;
  for (;;) {
    try {
      return await open(fifo, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENXIO') throw cause;
      if (Date.now() > lastTry) return undefined;
      await sleep(1);
    }
  }
}

function runtimeFailure(verb: string, stderr: string): Failure {
  return new Failure('internal', `crun ${verb}: ${runtimeMessage(stderr)}`, { details: { stderr } });
}

async function hasControllersBesideV1(): Promise<boolean> {
  const controllers = await readFile(join(unifiedHierarchy, 'cgroup.controllers'), 'utf8').catch(() => '');
  return controllers.trim() !== '';
}

/** The first of these paths that can be executed. */
export async function findProgram(candidates: readonly string[]): Promise<string | undefined> {
  for (const path of candidates) {
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}
