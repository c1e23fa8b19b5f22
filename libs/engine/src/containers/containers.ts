import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { resizeTerminal } from '@gantry/linux';
import { publishPrune } from '../events/prune-event.ts';
import { can, runOf } from './container.ts';
import { type ContainersHost, pathsOf, publish } from './containers-host.ts';
import { ContainerNames } from './container-names.ts';
import { type CreatedContainer, createContainer, type CreateRequest } from './create-container.ts';
import { watchRun } from './finish-run.ts';
import { killByHand } from './kill-container.ts';
import { removeLink } from './links.ts';
import type { ManagedContainer } from './managed-container.ts';
import { pauseContainer, unpauseContainer } from './pause-container.ts';
import { recoverContainers } from './recover-containers.ts';
import { removeContainer, type RemoveOptions } from './remove-container.ts';
import { restartLater } from './restart-later.ts';
import { startContainer } from './start-container.ts';
import { stopContainer, type StopOptions } from './stop-container.ts';
import { type UpdateRequest, updateContainer } from './update-container.ts';
import { durableStep } from '../state/durable-step.ts';

/** How long starts by policy that have begun hold up the end of the engine. */
const startsEndWithinMs = 10_000;

const isFree = ({ state, isBeingRemoved }: ManagedContainer): boolean => can(state, 'remove') && !isBeingRemoved;

/** The restarts by policy of one engine. */
interface Restarts {
  readonly mayBegin: PromiseWithResolvers<undefined>;
  readonly underWay: Set<Promise<void>>;
  isOver: boolean;
}

/** All containers of one engine, by id, name or the beginning of an id. */
export class Containers implements AsyncDisposable {
  readonly host: ContainersHost;
  readonly #names: ContainerNames;
  readonly #restarts: Restarts;

  private constructor(host: ContainersHost, names: ContainerNames, restarts: Restarts) {
    this.host = host;
    this.#names = names;
    this.#restarts = restarts;
  }

  /** Reads what is on the disk and brings it in line with what still runs (recovery); containers that policy restarts wait for `beginRestarts`. */
  static async open(parts: Omit<ContainersHost, 'find' | 'watchRun' | 'restartLater'>): Promise<Containers> {
    const names = new ContainerNames();
    const restarts: Restarts = { mayBegin: Promise.withResolvers(), underWay: new Set(), isOver: false };
    const host: ContainersHost = {
      ...parts,
      find: (reference) => names.find(reference),
      watchRun: (container, run) => {
        watchRun(host, container, run);
      },
      restartLater: (container) => {
        const restart = restarts.mayBegin.promise
          .then(() => (restarts.isOver ? undefined : restartLater(host, container)))
          .catch((cause: unknown) => parts.report(`container ${container.id}: cannot be restarted`, cause))
          .finally(() => restarts.underWay.delete(restart));
        restarts.underWay.add(restart);
      },
    };
    const containers = new Containers(host, names, restarts);
    await recoverContainers(host, names);
    return containers;
  }

  /** Lets policy restart containers: when what belongs to no run has been cleared away, which a start that has begun would be taken for. */
  beginRestarts(): void {
    this.#restarts.mayBegin.resolve(undefined);
  }

  /** Policy starts nothing any more: the next engine does. What it has begun to start comes to its end first, else the engine would go away under it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { mayBegin, underWay } = this.#restarts;
    this.#restarts.isOver = true;
    mayBegin.resolve(undefined);
    for (const container of this.all) container.cancelRestart();
    await Promise.race([Promise.all(underWay), sleep(startsEndWithinMs, undefined, { ref: false })]);
  }

  get all(): readonly ManagedContainer[] {
    return this.#names.all;
  }

  /** Fails with `not-found` for an unknown one and `invalid` for a beginning that several ids have. */
  find(reference: string): ManagedContainer {
    return this.#names.find(reference);
  }

  async create(request: CreateRequest, signal: AbortSignal): Promise<CreatedContainer> {
    using name = this.#names.reserve(request.name);
    const created = await createContainer(this.host, { ...request, name: name.text }, signal);
    this.#names.add(created.container);
    return created;
  }

  start(reference: string, signal: AbortSignal): Promise<'started' | 'already-running'> {
    return startContainer(this.host, this.find(reference), { by: 'hand', signal });
  }

  stop(reference: string, options: Omit<StopOptions, 'isByHand'>): Promise<'stopped' | 'already-stopped'> {
    return stopContainer(this.host, this.find(reference), { ...options, isByHand: true });
  }

  async restart(reference: string, options: Omit<StopOptions, 'isByHand'>): Promise<void> {
    const container = this.find(reference);
    container.isRestartedByHand = true;
    try {
      await stopContainer(this.host, container, { ...options, isByHand: false });
      await startContainer(this.host, container, { by: 'hand' });
    } finally {
      container.isRestartedByHand = false;
    }
    publish(this.host, container, { action: 'restart' });
  }

  kill(reference: string, signal: string): Promise<void> {
    return killByHand(this.host, this.#findToKill(reference), { name: reference, signal });
  }

  #findToKill(reference: string): ManagedContainer {
    try {
      return this.find(reference);
    } catch (cause) {
      const { code, message } = Failure.from(cause);
      throw new Failure(code, messages.cannotKill(reference, message), { cause });
    }
  }

  pause(reference: string): Promise<void> {
    return pauseContainer(this.host, this.find(reference));
  }

  unpause(reference: string): Promise<void> {
    return unpauseContainer(this.host, this.find(reference));
  }

  remove(reference: string, options: Omit<RemoveOptions, 'reference'>): Promise<void> {
    return removeContainer(this.host, this.find(reference), { ...options, reference });
  }

  unlink(reference: string, alias: string): Promise<void> {
    return removeLink(this.host, this.find(reference), alias);
  }

  /** Answers warnings. */
  update(reference: string, request: UpdateRequest): Promise<readonly string[]> {
    return updateContainer(this.host, this.find(reference), request);
  }

  /** Gives it another name; the running container keeps its host name. */
  async rename(reference: string, name: string): Promise<void> {
    const container = this.find(reference);
    const bare = name.replace(/^\//, '');
    if (bare === '') throw new Failure('invalid', messages.renameWithoutName);
    if (bare === container.name) throw new Failure('invalid', messages.renameToSame);
    using reserved = this.#reserve(name.startsWith('/') ? name : `/${name}`);
    using _held = await container.lock.hold();
    if (!this.all.includes(container)) throw new Failure('not-found', messages.noSuchContainer(reference));
    if (container.place !== container.id) throw new Failure('conflict', messages.markedForRemoval);
    const oldName = container.name;
    const record = { ...container.record, name: reserved.text };
    await durableStep('container.rename', () => this.host.records.write(container.id, 'config.json', { value: record, how: 'durably' }));
    await this.host.sandboxes.rename(container.id, record.name);
    // In one step: whoever takes the old name is told after this.
    this.#names.rename(container, record);
    publish(this.host, container, { action: 'rename', more: { oldName: `/${oldName}` } });
  }

  #reserve(name: string): ReturnType<ContainerNames['reserve']> {
    try {
      return this.#names.reserve(name);
    } catch (cause) {
      const { code, message } = Failure.from(cause);
      throw new Failure(code, messages.cannotRename(message), { cause });
    }
  }

  async resize(reference: string, size: { readonly rows: number; readonly columns: number }): Promise<void> {
    const container = this.find(reference);
    if (!runOf(container.state)) throw new Failure('conflict', messages.notRunning(container.id));
    await resizeTerminal(pathsOf(this.host, container.id).bundle, size);
    publish(this.host, container, { action: 'resize', more: { height: String(size.rows), width: String(size.columns) } });
  }

  /** Removes what is not running and matches; answers what went. */
  async prune(matches: (container: ManagedContainer) => boolean): Promise<{ ids: string[]; bytes: number }> {
    const ids: string[] = [];
    let bytes = 0;
    for (const container of this.all.filter((candidate) => isFree(candidate) && matches(candidate))) {
      const { writableBytes } = await this.host.images.sizeOf(container.id);
      await this.remove(container.id, { force: false, volumes: false });
      ids.push(container.id);
      bytes += writableBytes;
    }
    publishPrune(this.host.events, 'container', bytes);
    return { ids, bytes };
  }
}
