import { changedConfig, type RunConfig } from './image-changes.ts';

/**
 * The configuration of an image that is made of a container: what the request says (else the container's own), changed, and filled up by the container's, as dockerd's
 * `merge` does it. Fails with `invalid` for a wrong change.
 */
export function commitConfig(container: RunConfig, asked: RunConfig | undefined, changes: readonly string[]): RunConfig {
  const config = changedConfig(asked ?? container, changes);
  const hasEntrypoint = config.Entrypoint != null && config.Entrypoint.length > 0;
  const hasCommand = config.Cmd != null && config.Cmd.length > 0;
  return {
    ...empty,
    ...config,
    User: config.User || (container.User ?? ''),
    ...filled('ExposedPorts', config.ExposedPorts, container.ExposedPorts),
    Env: joinedEnv(config.Env ?? [], container.Env ?? []),
    Labels: { ...container.Labels, ...config.Labels },
    Cmd: (hasEntrypoint || hasCommand ? config.Cmd : container.Cmd) ?? null,
    Entrypoint: config.Entrypoint ?? (hasEntrypoint ? null : container.Entrypoint) ?? null,
    ...filled('Healthcheck', config.Healthcheck, container.Healthcheck),
    WorkingDir: config.WorkingDir || (container.WorkingDir ?? ''),
    Volumes: filled('Volumes', config.Volumes, container.Volumes).Volumes ?? null,
    ...(config.StopSignal || container.StopSignal ? { StopSignal: config.StopSignal || (container.StopSignal ?? '') } : {}),
  };
}

const empty: RunConfig = {
  ...{ Hostname: '', Domainname: '', User: '', AttachStdin: false, AttachStdout: false, AttachStderr: false, Tty: false },
  ...{ OpenStdin: false, StdinOnce: false, Env: null, Cmd: null, Image: '', Volumes: null, WorkingDir: '', Entrypoint: null },
  ...{ OnBuild: null, Labels: null },
};

/** Only variables that are not there yet, behind those that are. */
function joinedEnv(over: readonly string[], base: readonly string[]): string[] {
  const names = new Set(over.map((entry) => entry.split('=', 1)[0]));
  return [...over, ...base.filter((entry) => !names.has(entry.split('=', 1)[0]))];
}

function filled<Name extends string, Value extends object>(
  name: Name,
  over: Value | null | undefined,
  base: Value | null | undefined,
): { readonly [N in Name]?: Value } {
  const value = { ...base, ...over };
  return Object.keys(value).length === 0 ? {} : ({ [name]: value } as { [N in Name]: Value });
}
