import { hostname } from 'node:os';
import { posix } from 'node:path';
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
  const { Entrypoint, Cmd } = mergedCommand(body, image);
  const ports = { ...portsOf(image.exposedPorts), ...body.ExposedPorts };
  checkEnv(body.Env ?? []);
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
    Env: requestedEnv(body.Env ?? [], image.env),
    Cmd,
    ...(healthcheck && { Healthcheck: healthcheck }),
    Image: body.Image ?? '',
    Volumes: joinedVolumes(body, image),
    WorkingDir: workingDirectory(textOr(body.WorkingDir, image.workingDirectory)),
    Entrypoint,
    ...(typeof body.NetworkDisabled === 'boolean' && { NetworkDisabled: body.NetworkDisabled }),
    ...(typeof body.MacAddress === 'string' && body.MacAddress !== '' && { MacAddress: body.MacAddress }),
    OnBuild: null,
    Labels: { ...image.labels, ...body.Labels },
    ...(stopSignal !== undefined && stopSignal !== '' && { StopSignal: stopSignal }),
    ...(typeof body.StopTimeout === 'number' && { StopTimeout: body.StopTimeout }),
    ...(body.Shell && { Shell: body.Shell }),
  };
}

/** An entrypoint of the request, an empty list too, puts the image's command away; `[""]` is Docker's way to have none at all. */
function mergedCommand(body: CreateBody, image: ImageDefaults): Pick<ContainerConfig, 'Entrypoint' | 'Cmd'> {
  const own = body.Entrypoint ?? undefined;
  const hasOwn = own !== undefined && own.length > 0;
  const command = body.Cmd && body.Cmd.length > 0 ? body.Cmd : hasOwn ? (body.Cmd ?? null) : (image.command ?? body.Cmd ?? null);
  const entrypoint = own ?? image.entrypoint ?? null;
  return { Entrypoint: isCleared(entrypoint) ? null : entrypoint, Cmd: command };
}

/** A variable has a name. */
function checkEnv(variables: readonly string[]): void {
  const nameless = variables.find((variable) => nameOf(variable) === '');
  if (nameless !== undefined) throw new Failure('invalid', `invalid environment variable: ${nameless}`);
}

/** As inspect shows it: the request's variables as they came, then those of the image that it does not name. */
function requestedEnv(own: readonly string[], image: readonly string[]): string[] {
  const names = new Set(own.map(nameOf));
  return [...own, ...image.filter((variable) => !names.has(nameOf(variable)))];
}

/** What is executed; fails with `invalid` where neither request nor image says it. */
export function commandOf({ Entrypoint, Cmd }: Pick<ContainerConfig, 'Entrypoint' | 'Cmd'>): readonly string[] {
  const command = [...(Entrypoint ?? []), ...(Cmd ?? [])];
  if (command.length === 0) throw new Failure('invalid', messages.noCommand);
  return command;
}

/**
 * The environment of the process: a search path, its host name and, with a terminal, its kind come first unless they are given; then `linked`, what
 * links to other containers tell.
 */
export function processEnv(config: Pick<ContainerConfig, 'Env' | 'Hostname' | 'Tty'>, linked: readonly string[] = []): string[] {
  const first = [standardPath, `HOSTNAME=${config.Hostname}`, ...(config.Tty ? ['TERM=xterm'] : []), ...linked];
  return mergedEnv(config.Env, first);
}

/** Variables by name: a later one wins, and a name without `=` removes what stands before it. */
export function mergedEnv(over: readonly string[], base: readonly string[]): string[] {
  const byName = new Map(base.map((entry) => [nameOf(entry), entry]));
  for (const entry of over) {
    if (entry.includes('=')) byName.set(nameOf(entry), entry);
    else byName.delete(entry);
  }
  return [...byName.values()];
}

const nameOf = (entry: string): string => entry.split('=', 1)[0] ?? '';

/** `--entrypoint ""` sends a list of one empty text. */
const isCleared = (entrypoint: readonly string[] | null | undefined): boolean => entrypoint?.length === 1 && entrypoint[0] === '';

const textOr = (text: string | null | undefined, otherwise: string): string =>
  text === undefined || text === null || text === '' ? otherwise : text;

const portsOf = (ports: readonly string[]): Record<string, object> =>
  Object.fromEntries(ports.map((port) => [port.includes('/') ? port : `${port}/tcp`, {}]));

function hostnameOf(body: CreateBody, id: string): string {
  return textOr(body.Hostname, body.HostConfig?.NetworkMode === 'host' ? hostname() : id.slice(0, 12));
}

function joinedVolumes(body: CreateBody, image: ImageDefaults): Record<string, object> | null {
  const volumes = { ...Object.fromEntries(image.volumes.map((path) => [path, {}])), ...body.Volumes };
  return Object.keys(volumes).length > 0 ? volumes : null;
}

function workingDirectory(path: string): string {
  if (path === '') return path;
  if (!path.startsWith('/')) throw new Failure('invalid', messages.workingDirectoryNotAbsolute(path));
  return posix.normalize(path).replace(/(.)\/$/, '$1');
}
