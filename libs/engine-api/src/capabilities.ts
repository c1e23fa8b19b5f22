/**
 * What an engine on its host can do: asked before, so that the UI shows it instead of an error after. A capability that is missing counts as
 * absent: an engine that is not ours answers none of them.
 */
export interface Capabilities {
  readonly engine: 'native' | 'docker';
  /** The version of Gantry that answers. */
  readonly version: string;
  readonly cgroup: 'v1' | 'hybrid' | 'v2';
  readonly features: readonly Feature[];
  /** Why a feature that a person may look for is missing here, in one sentence each. */
  readonly missing: Readonly<Partial<Record<Feature, string>>>;
}

export const features = [
  'build',
  'checkpoint',
  'commit',
  'memory-limit',
  'cpu-limit',
  'io-limit',
  'pids-limit',
  'pressure',
  'privileged',
  'seccomp',
  'apparmor',
  'user-namespaces',
  'ipv6',
  'gpu',
  /** Files of containers that run, and of those that do not. */
  'files',
  'stopped-files',
  'volume-files',
  /** How the host is wired, and whether a container reaches an address. */
  'topology',
  'probe',
] as const;

export type Feature = (typeof features)[number];
