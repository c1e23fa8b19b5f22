import { withOwnNames, withoutForeignReferences } from './foreign-references.ts';
import type { Looking } from './looking.ts';
import { maskRecord, maskText, maskVariable, maskWords } from './masks.ts';
import { containerOf, type ContainerItem } from './told-things.ts';

type Json = Readonly<Record<string, unknown>>;

/** The containers that the caller sees, at most as many as asked for: the engine was asked for all. */
export function listContainers(answer: unknown, looking: Looking): unknown {
  const { things, call } = looking;
  const { sight } = things;
  const items = (answer as readonly ContainerItem[]).filter((item) => sight.sees(containerOf(item)));
  const limit = Number(call.asked.limit ?? 0);
  const shown = (limit > 0 ? items.slice(0, limit) : items).map((item) => withOwnNames(item, looking));
  return shown.map((item) => (sight.may('env:reveal', containerOf(item)) ? item : maskedItem(item)));
}

/** An item of a list of containers, for who may not see its values. */
export function maskedItem(item: ContainerItem): ContainerItem {
  const { Command } = item as { Command?: unknown };
  return {
    ...item,
    ...(typeof Command === 'string' ? { Command: maskText(Command) } : {}),
    ...(item.Labels ? { Labels: maskRecord(item.Labels) } : {}),
  };
}

/** A container as its caller may see it: without others that they do not see, and its values masked. */
export async function shownContainer(answer: unknown, looking: Looking): Promise<unknown> {
  return inspectContainer(await withoutForeignReferences(answer, looking), looking);
}

/** Values of variables, and what looks like a secret in commands, labels and options of logs, are masked for who may not see them. */
export function inspectContainer(answer: unknown, { things, subject, tellsValues }: Looking): unknown {
  if (tellsValues && subject && things.sight.may('env:reveal', subject)) return answer;
  const { Args, Config, HostConfig, ...rest } = answer as Json & { Args?: unknown; Config?: unknown; HostConfig?: unknown };
  return {
    ...rest,
    ...(Args === undefined ? {} : { Args: wordsOf(Args) }),
    ...(Config === undefined ? {} : { Config: maskConfig(Config) }),
    ...(HostConfig === undefined ? {} : { HostConfig: maskHostConfig(HostConfig) }),
  };
}

/** What looks like a secret in the command of a process, the last column, is masked for who may not see the container's variables. */
export function listProcesses(answer: unknown, { things, subject }: Looking): unknown {
  if (subject && things.sight.may('env:reveal', subject)) return answer;
  const { Processes, ...rest } = answer as Json & { Processes?: readonly (readonly string[])[] | null };
  if (!Processes) return answer;
  return { ...rest, Processes: Processes.map((cells) => [...cells.slice(0, -1), ...cells.slice(-1).map(maskText)]) };
}

/** The settings of a container or an image. */
export function maskConfig(config: unknown): unknown {
  if (!isRecord(config)) return config;
  const { Env, Cmd, Entrypoint, Labels, Healthcheck } = config;
  return {
    ...config,
    ...(Array.isArray(Env) ? { Env: Env.map((variable) => maskVariable(String(variable))) } : {}),
    ...(Array.isArray(Cmd) ? { Cmd: wordsOf(Cmd) } : {}),
    ...(Array.isArray(Entrypoint) ? { Entrypoint: wordsOf(Entrypoint) } : {}),
    ...(isRecord(Labels) ? { Labels: maskRecord(Labels as Record<string, string>) } : {}),
    ...(isRecord(Healthcheck) ? { Healthcheck: { ...Healthcheck, Test: wordsOf(Healthcheck['Test']) } } : {}),
  };
}

function maskHostConfig(config: unknown): unknown {
  if (!isRecord(config)) return config;
  const { LogConfig, Mounts } = config;
  return {
    ...config,
    ...(isRecord(LogConfig) ? { LogConfig: withMasked(LogConfig, 'Config') } : {}),
    ...(Array.isArray(Mounts) ? { Mounts: Mounts.map(maskMount) } : {}),
  };
}

/** Options of the driver of a volume that is made for a container: those of a network file system have its password. */
function maskMount(mount: unknown): unknown {
  if (!isRecord(mount) || !isRecord(mount['VolumeOptions'])) return mount;
  const { VolumeOptions } = mount;
  const { DriverConfig } = VolumeOptions;
  return isRecord(DriverConfig)
    ? { ...mount, VolumeOptions: { ...VolumeOptions, DriverConfig: withMasked(DriverConfig, 'Options') } }
    : mount;
}

/** A record with what looks like a secret masked in one of its records. */
export function withMasked(record: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  const options = record[key];
  return isRecord(options) ? { ...record, [key]: maskRecord(options as Record<string, string>) } : record;
}

function wordsOf(words: unknown): unknown {
  return Array.isArray(words) ? maskWords(words.map(String)) : words;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
