import { version } from '@gantry/base';
import type { Capabilities, Feature } from '@gantry/engine-api';
import { detectCgroups } from '@gantry/linux';
import { type EngineInfo, isHere } from './engine-questions.ts';

/** What can be done here with a Docker or Podman, and why the rest cannot. */
export function drivenCapabilities(info: EngineInfo): Capabilities {
  const elsewhere = isHere(info) ? undefined : `the engine runs on ${info.Name}, and not on this host`;
  const stopped =
    info.Driver === 'overlay2'
      ? undefined
      : `the engine keeps layers by ${info.Driver}: files of a container are reached while it runs, archives always`;
  const why: Partial<Record<Feature, string | undefined>> = {
    files: elsewhere,
    'stopped-files': elsewhere ?? stopped,
    'volume-files': elsewhere,
    topology: elsewhere,
    probe: elsewhere,
    'memory-limit': info.MemoryLimit === false ? 'the engine says that it cannot limit memory' : undefined,
    'cpu-limit': info.CpuCfsQuota === false ? 'the engine says that it cannot limit processors' : undefined,
    'pids-limit': info.PidsLimit === false ? 'the engine says that it cannot limit processes' : undefined,
    seccomp: secures(info, 'seccomp') ? undefined : 'the engine says nothing of seccomp',
    apparmor: secures(info, 'apparmor') ? undefined : 'the engine says nothing of AppArmor',
    'user-namespaces': secures(info, 'userns') ? undefined : 'the engine does not remap users',
  };
  const told = Object.entries(why) as [Feature, string | undefined][];
  return {
    engine: 'docker',
    version,
    cgroup: detectCgroups().kind,
    features: ['build', 'commit', 'privileged', ...told.flatMap(([feature, reason]) => (reason === undefined ? [feature] : []))],
    missing: Object.fromEntries(told.flatMap(([feature, reason]) => (reason === undefined ? [] : [[feature, reason]]))),
  };
}

/** `name=seccomp,profile=default`, or in older engines the bare name. */
const secures = ({ SecurityOptions }: EngineInfo, name: string): boolean =>
  (SecurityOptions ?? []).some((option) => option === name || option.split(',').includes(`name=${name}`));
