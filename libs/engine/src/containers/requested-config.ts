import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { ImageDefaults } from '../images/images.ts';
import { mergedHealthcheck } from '../health/health-check.ts';
import type { ContainerConfig, CreateBody } from './container-config.ts';
import { signalNumber } from './signals.ts';

const standardPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * A request's config over its image's, as dockerd merges them: the image's command counts only where the request has no entrypoint of its own;
 * labels, volumes and ports are joined; variables of the request win by name.
 */
export function mergedConfig(body: CreateBody, image: ImageDefaults, id: string): ContainerConfig {
  if (Object.keys(body).every((key) => key === 'HostConfig' || key === 'NetworkingConfig'))
    throw new Failure('invalid', messages.emptyConfig);
  const entrypoint = nonEmpty(body.Entrypoint);
  const hasOwnEntrypoint = entrypoint !== undefined || isCleared(body.Entrypoint);
  const command = nonEmpty(body.Cmd) ?? (hasOwnEntrypoint ? undefined : nonEmpty(image.command)) ?? null;
  const ports = { ...portsOf(image.exposedPorts), ...body.ExposedPorts };
  const stopSignal = body.StopSignal ?? image.stopSignal;
  if (stopSignal !== undefined && stopSignal !== '') signalNumber(stopSignal);
  const healthcheck = mergedHealthcheck(body.Healthcheck, image.healthcheck);
  return {
    Hostname: hostnameOf(body, id),
    Domainname: body.Domainname ?? '',
    User: textOr(body.User, image.user),
    AttachStdin: body.AttachStdin ?? false,
    AttachStdout: body.AttachStdout ?? false,
    AttachStderr: body.AttachStderr ?? false,
    ...(Object.keys(ports).length > 0 && { ExposedPorts: ports }),
    Tty: body.Tty ?? false,
    OpenStdin: body.OpenStdin ?? false,
    StdinOnce: body.StdinOnce ?? false,
    Env: mergedEnv(body.Env ?? [], image.env),
    Cmd: command,
    ...(healthcheck && { Healthcheck: healthcheck }),
    Image: body.Image ?? '',
    Volumes: joinedVolumes(body, image),
    WorkingDir: workingDirectory(textOr(body.WorkingDir, image.workingDirectory)),
    Entrypoint: entrypoint ?? (hasOwnEntrypoint ? undefined : nonEmpty(image.entrypoint)) ?? null,
    ...(typeof body.NetworkDisabled === 'boolean' && { NetworkDisabled: body.NetworkDisabled }),
    ...(typeof body.MacAddress === 'string' && body.MacAddress !== '' && { MacAddress: body.MacAddress }),
    OnBuild: null,
    Labels: { ...image.labels, ...body.Labels },
    ...(stopSignal !== undefined && stopSignal !== '' && { StopSignal: stopSignal }),
    ...(typeof body.StopTimeout === 'number' && { StopTimeout: body.StopTimeout }),
    ...(body.Shell && { Shell: body.Shell }),
  };
}

/** What is executed; fails with `invalid` where neither request nor image says it. */
export function commandOf({ Entrypoint, Cmd }: Pick<ContainerConfig, 'Entrypoint' | 'Cmd'>): readonly string[] {
  const command = [...(Entrypoint ?? []), ...(Cmd ?? [])];
  if (command.length === 0) throw new Failure('invalid', messages.noCommand);
  return command;
}

/** The environment of the process: a search path and, with a terminal, its kind come first unless they are given. */
export function processEnv(config: Pick<ContainerConfig, 'Env' | 'Hostname' | 'Tty'>): string[] {
  const first = [standardPath, `HOSTNAME=${config.Hostname}`, ...(config.Tty ? ['TERM=xterm'] : [])];
  return mergedEnv(config.Env, first);
}

/** Variables by name: those of `over` win; a name without `=` removes one. */
export function mergedEnv(over: readonly string[], base: readonly string[]): string[] {
  const names = new Set(over.map(nameOf));
  return [...base.filter((entry) => !names.has(nameOf(entry))), ...over.filter((entry) => entry.includes('='))];
}

const nameOf = (entry: string): string => entry.split('=', 1)[0] ?? '';

/** Docker's way to clear an image's entrypoint: `--entrypoint ""` sends a list of one empty text. */
const isCleared = (entrypoint: readonly string[] | null | undefined): boolean => entrypoint?.length === 1 && entrypoint[0] === '';

const nonEmpty = (list: readonly string[] | null | undefined): readonly string[] | undefined =>
  list && list.length > 0 && !isCleared(list) ? list : undefined;

const textOr = (text: string | null | undefined, otherwise: string): string =>
  text === undefined || text === null || text === '' ? otherwise : text;

const portsOf = (ports: readonly string[]): Record<string, object> =>
  Object.fromEntries(ports.map((port) => [port.includes('/') ? port : `${port}/tcp`, {}]));

function hostnameOf(body: CreateBody, id: string): string {
  return textOr(body.Hostname, id.slice(0, 12));
}

function joinedVolumes(body: CreateBody, image: ImageDefaults): Record<string, object> | null {
  const volumes = { ...Object.fromEntries(image.volumes.map((path) => [path, {}])), ...body.Volumes };
  return Object.keys(volumes).length > 0 ? volumes : null;
}

function workingDirectory(path: string): string {
  if (path !== '' && !path.startsWith('/')) throw new Failure('invalid', messages.workingDirectoryNotAbsolute(path));
  return path;
}
