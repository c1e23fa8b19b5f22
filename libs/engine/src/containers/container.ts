import type { ProcessIdentity } from '@gantry/linux';
import type { ContainerId, ImageId } from '../ids.ts';
import type { PublishedPort, Sandbox } from '../networks/sandboxes.ts';
import type { ContainerConfig, EndpointSettings, HostConfig } from './container-config.ts';
import type { MountPoint } from './mount-points.ts';

/** How a run ended. */
export interface Exit {
  /** 0 to 255; 255 where nobody can know. */
  readonly code: number;
  readonly atMs: number;
  readonly startedAtMs: number;
  readonly isOutOfMemory: boolean;
  /** Why it could not be started or what the monitor lost; '' after an ordinary end. */
  readonly error: string;
  /** The host ports that it had: those that were chosen for it are asked for again at the next start. */
  readonly ports?: readonly PublishedPort[];
}

/** One life of a container's process. */
export interface Run {
  readonly init: ProcessIdentity;
  readonly monitor: ProcessIdentity;
  readonly startedAtMs: number;
  /** When the run before it ended. */
  readonly lastEndMs?: number;
  readonly sandbox: Sandbox;
  /** What its record says of its networks since they were last changed while it ran. */
  readonly connections?: { readonly endpoints: ContainerRecord['endpoints']; readonly hasLeftMode: boolean };
}

/** A container is in exactly one of these. */
export type ContainerState =
  | { readonly name: 'created'; readonly failure?: Exit }
  /** Intent: effects in the kernel may exist or not; a restart of the engine undoes them. */
  | { readonly name: 'starting'; readonly bootId: string; readonly by: 'hand' | 'policy'; readonly exit?: Exit }
  | { readonly name: 'running'; readonly run: Run }
  /** `isForCommit`: not by hand, and only until a commit has read its files. */
  | { readonly name: 'paused'; readonly run: Run; readonly isForCommit?: boolean }
  /** Ended, and to be started again by its restart policy. */
  | { readonly name: 'restarting'; readonly exit: Exit }
  | { readonly name: 'exited'; readonly exit: Exit }
  | { readonly name: 'removing' }
  /** Its removal failed half way. */
  | { readonly name: 'dead'; readonly error: string };

export type ContainerStateName = ContainerState['name'];

const allowed = {
  start: ['created', 'exited', 'restarting'],
  stop: ['running', 'paused', 'restarting'],
  kill: ['running', 'paused', 'restarting'],
  pause: ['running'],
  unpause: ['paused'],
  exec: ['running'],
  remove: ['created', 'exited', 'dead'],
} as const satisfies Record<string, readonly ContainerStateName[]>;

export type ContainerAction = keyof typeof allowed;

/** Whether an action makes sense in a state. */
export function can(state: ContainerState, action: ContainerAction): boolean {
  return (allowed[action] as readonly ContainerStateName[]).includes(state.name);
}

/** The run of a container that has a process. */
export function runOf(state: ContainerState): Run | undefined {
  return state.name === 'running' || state.name === 'paused' ? state.run : undefined;
}

/** How the last run ended, where there was one and none goes on. */
export function exitOf(state: ContainerState): Exit | undefined {
  if (state.name === 'exited' || state.name === 'restarting' || state.name === 'starting') return state.exit;
  return state.name === 'created' ? state.failure : undefined;
}

/** The word that Docker's API uses; it knows no `starting`: until its process runs a container is what it was. */
export function statusWord(state: ContainerState): 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead' {
  if (state.name !== 'starting') return state.name;
  if (state.by === 'policy') return 'restarting';
  return state.exit && state.exit.startedAtMs > 0 ? 'exited' : 'created';
}

/** What was asked for: durable before the container exists for anyone. */
export interface ContainerRecord {
  readonly id: ContainerId;
  /** Without the slash. */
  readonly name: string;
  readonly createdAtMs: number;
  readonly image: { readonly id: ImageId; readonly platform: string };
  /** Executable and its arguments, entrypoint and command joined. */
  readonly command: readonly string[];
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  /** By the names or ids that were asked for; the network of the mode need not be among them. */
  readonly endpoints: Readonly<Record<string, EndpointSettings>>;
  /** It was taken out of the network of its mode, which goes on being shown as its mode. */
  readonly hasLeftMode?: boolean;
  readonly mounts: readonly MountPoint[];
}

/** What is last known; a container that was never started has no file of it. */
export interface ContainerStatus {
  readonly state: ContainerState;
  /** Restarts by policy since the last start by hand, the one that waits included. */
  readonly restarts: number;
  /** A person stopped it: `unless-stopped` leaves it so when the engine starts. */
  readonly isStoppedByHand: boolean;
}

/** Of a container of which nothing was observed yet: it has no file for it. */
export const neverStarted: ContainerStatus = { state: { name: 'created' }, restarts: 0, isStoppedByHand: false };
