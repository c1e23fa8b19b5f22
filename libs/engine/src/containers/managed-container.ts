import type { ContainerId } from '../ids.ts';
import { Lock } from '../state/lock.ts';
import type { Health } from '../health/health-state.ts';
import type { Probes } from '../health/probes.ts';
import { AttachHub } from './attach-hub.ts';
import { type ContainerRecord, type ContainerState, type ContainerStatus, type Exit, statusWord } from './container.ts';

type Change = { readonly kind: 'exited'; readonly exit: Exit } | { readonly kind: 'removed' };

/** A container in the engine's memory: what is on the disk, and what only lives with the engine. */
export class ManagedContainer {
  record: ContainerRecord;
  status: ContainerStatus;
  /** Held around each transition. */
  readonly lock = new Lock();
  readonly hub = new AttachHub();
  /** The stop that is under way, so that policy does not start it again. */
  isStopping = false;
  /** Stops that are under way and not told yet; a removal that comes first tells them before itself. */
  untoldStops = 0;
  /** How many of its processes were told to be killed for want of memory in this run. */
  toldMemoryKills = 0;
  /** Its volumes were told to be mounted and not yet to be unmounted. */
  hasVolumesMounted = false;
  /** Somebody removes it, from the request to its end; whoever comes second leaves it to the first. */
  isBeingRemoved = false;
  /** Its removal was told: nothing is told of it after that. */
  isGone = false;
  /** `restart` stops it to start it again: it is not removed in between. */
  isRestartedByHand = false;
  /** How long the last restart by policy waited; undefined: the next one waits the shortest time. */
  restartDelayMs: number | undefined;
  /** Ends the wait for the next start by policy. */
  cancelRestart: () => void = () => undefined;
  /** Something of a run may still be in the kernel or on the run root: of one that runs, and of one that an engine before this one left. */
  hasLeftovers = true;
  /** The directory of its record: its id, or another name once its removal has begun. */
  place: string;
  /** Its status is newer than its file, for want of space. */
  isUnsaved = false;
  readonly execIds = new Set<string>();
  /** How its probes see it; undefined where none are configured or it never ran. */
  health: Health | undefined;
  /** The probes that go on now. */
  probes: Probes | undefined;
  readonly #listeners = new Set<(change: Change) => void>();
  #runEnd = Promise.withResolvers<undefined>();

  constructor(record: ContainerRecord, status: ContainerStatus) {
    this.record = record;
    this.status = status;
    this.place = record.id;
  }

  get id(): ContainerId {
    return this.record.id;
  }

  get name(): string {
    return this.record.name;
  }

  get state(): ContainerState {
    return this.status.state;
  }

  /** In the eyes of the API a container that is about to be restarted runs. */
  get isRunning(): boolean {
    return ['running', 'paused', 'restarting'].includes(statusWord(this.state));
  }

  /** Resolves when the present run is over and its log complete; at once where none goes on. */
  get runEnd(): Promise<undefined> {
    return this.state.name === 'running' || this.state.name === 'paused' ? this.#runEnd.promise : Promise.resolve(undefined);
  }

  beginRun(): void {
    this.toldMemoryKills = 0;
    this.#runEnd = Promise.withResolvers<undefined>();
  }

  tellExit(exit: Exit): void {
    this.#runEnd.resolve(undefined);
    this.#tell({ kind: 'exited', exit });
  }

  tellRemoved(): void {
    this.isGone = true;
    this.#tell({ kind: 'removed' });
  }

  /** Calls back at each end of a run and at the removal. */
  listen(listener: (change: Change) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  #tell(change: Change): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}
