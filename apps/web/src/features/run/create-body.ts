import { parseBytes } from '../../format/quantities.ts';
import { isFlag, type PlainKind, plainNames, plainOptions } from './plain-options.ts';
import { expandRange } from './port-ranges.ts';
import { deviceOf, deviceRequests, nanoseconds, throttles, ulimitOf, weights } from './resource-texts.ts';
import {
  filledMounts,
  filledNetworks,
  filledPairs,
  filledPorts,
  isModeOnly,
  linesOf,
  type MountForm,
  type NetworkForm,
  pairsOf,
  type PortForm,
  type RunForm,
} from './run-form.ts';
import { splitCommand } from './shell-words.ts';

/** The body of a create request; what the form leaves empty is not in it. */
export type CreateBody = Readonly<Record<string, unknown>> & {
  readonly Image: string;
  readonly HostConfig: Readonly<Record<string, unknown>>;
};

type Fields = Record<string, unknown>;

/** The body of a create request (API 1.51) that does what the form says. */
export function createBody(form: RunForm): CreateBody {
  const { config, host } = plainFields(form);
  const body = pruned({
    Image: form.image.trim(),
    ...programFields(form),
    ...config,
    ...exposedPorts(form),
    Labels: asWritten(recordOf(filledPairs(form.labels))),
    ...health(form),
    HostConfig: { ...host, ...hostFields(form) },
    ...networking(form),
  });
  return merged({ HostConfig: {}, ...body }, otherFields(form)) as CreateBody;
}

function plainFields(form: RunForm): { config: Fields; host: Fields } {
  const [config, host]: [Fields, Fields] = [{}, {}];
  for (const name of plainNames) {
    const { at, kind } = plainOptions[name];
    const value = isFlag(name) ? form[name] || undefined : plainValue(kind, form[name]);
    if (at.startsWith('HostConfig.')) host[at.slice('HostConfig.'.length)] = value;
    else config[at] = value;
  }
  return { config, host };
}

/** A written option as the API takes it; undefined where it is empty or cannot be read. */
export function plainValue(kind: PlainKind, written: string): unknown {
  const text = written.trim();
  if (text === '') return undefined;
  switch (kind) {
    case 'integer':
      return /^-?\d+$/.test(text) ? Number(text) : undefined;
    case 'bytes':
      return text === '-1' ? -1 : parseBytes(text);
    case 'lines':
      return linesOf(written);
    case 'pairs':
      return asWritten(Object.fromEntries(pairsOf(written)));
    case 'text':
    case 'flag':
      return text;
  }
}

function programFields(form: RunForm): Fields {
  const entrypoint = splitCommand(form.entrypoint) ?? [];
  const environment = filledPairs(form.environment).map(({ name, value }) => `${name.trim()}=${value}`);
  return {
    Cmd: splitCommand(form.command) ?? [],
    // An empty word is how the API says that there is to be none.
    Entrypoint: form.hasNoEntrypoint ? meant(['']) : entrypoint,
    Env: environment,
    StopTimeout: /^\d+$/.test(form.stopTimeout.trim()) ? Number(form.stopTimeout) : undefined,
  };
}

function health(form: RunForm): Fields {
  if (form.health === 'image') return {};
  if (form.health === 'none') return { Healthcheck: { Test: ['NONE'] } };
  const test = form.health === 'shell' ? ['CMD-SHELL', form.healthCommand] : ['CMD', ...(splitCommand(form.healthCommand) ?? [])];
  return {
    Healthcheck: {
      Test: form.healthCommand.trim() ? test : [],
      Interval: nanoseconds(form.healthInterval),
      Timeout: nanoseconds(form.healthTimeout),
      StartPeriod: nanoseconds(form.healthStartPeriod),
      StartInterval: nanoseconds(form.healthStartInterval),
      Retries: Number(form.healthRetries) || undefined,
    },
  };
}

function hostFields(form: RunForm): Fields {
  const { logDriver, logOptions, restart, restartTries } = form;
  const hasLog = Boolean(logDriver.trim() || logOptions.trim());
  const tries = restart === 'on-failure' ? Number(restartTries) || undefined : undefined;
  return {
    PortBindings: portBindings(filledPorts(form)),
    ...mountFields(form),
    NetworkMode: filledNetworks(form)[0]?.name.trim(),
    RestartPolicy: { Name: restart, MaximumRetryCount: tries },
    NanoCpus: Number(form.cpus) > 0 ? Math.round(Number(form.cpus) * 1e9) : undefined,
    LogConfig: hasLog ? { Type: logDriver.trim(), Config: asWritten(Object.fromEntries(pairsOf(logOptions))) } : undefined,
    ...security(form),
    Devices: linesOf(form.devices).map(deviceOf),
    DeviceRequests: deviceRequests(form.gpus),
    Ulimits: linesOf(form.ulimits).flatMap((line) => ulimitOf(line) ?? []),
    BlkioWeightDevice: weights(form.blkioWeightDevices),
    BlkioDeviceReadBps: throttles(form.readBps),
    BlkioDeviceWriteBps: throttles(form.writeBps),
    BlkioDeviceReadIOps: throttles(form.readIops),
    BlkioDeviceWriteIOps: throttles(form.writeIops),
  };
}

/** `systempaths=unconfined` is a word of the docker CLI for two empty lists. */
function security({ securityOptions }: RunForm): Fields {
  const options = linesOf(securityOptions);
  const isOpen = options.includes('systempaths=unconfined');
  return {
    SecurityOpt: options.filter((option) => option !== 'systempaths=unconfined'),
    ...(isOpen ? { MaskedPaths: meant([]), ReadonlyPaths: meant([]) } : {}),
  };
}

function mountFields(form: RunForm): Fields {
  const mounts = filledMounts(form);
  const tmpfs = mounts.filter(({ kind }) => kind === 'tmpfs');
  // A volume without a name is no bind: the API has a set for it.
  const unnamed = mounts.filter(isUnnamed);
  const binds = mounts.filter((mount) => mount.kind !== 'tmpfs' && !unnamed.includes(mount));
  return {
    Binds: binds.map(bindText),
    Tmpfs: asWritten(Object.fromEntries(tmpfs.map((mount) => [mount.target.trim(), modeOf(mount)]))),
    Mounts: unnamed.map(({ target, isReadOnly }) => ({ Type: 'volume', Target: target.trim(), ...(isReadOnly ? { ReadOnly: true } : {}) })),
  };
}

/** A volume that the engine gives a name. */
export function isUnnamed({ kind, source }: MountForm): boolean {
  return kind === 'volume' && !source.trim();
}

/** As `-v` takes it. */
export function bindText(mount: MountForm): string {
  return [mount.source.trim(), mount.target.trim(), modeOf(mount)].filter(Boolean).join(':');
}

/** Options behind the target, with `ro` where it is read only. */
export function modeOf({ isReadOnly, options }: MountForm): string {
  return [...(isReadOnly ? ['ro'] : []), ...options.split(',').map((one) => one.trim())].filter(Boolean).join(',');
}

function portBindings(ports: readonly PortForm[]): Fields {
  const bindings: Record<string, { HostIp?: string; HostPort: string }[]> = {};
  for (const port of ports) for (const { key, address } of expandRange(port)) (bindings[key] ??= []).push(address);
  return bindings;
}

function exposedPorts(form: RunForm): Fields {
  const published = filledPorts(form).flatMap((port) => expandRange(port).map(({ key }) => key));
  const told = linesOf(form.expose).map((line) => (line.includes('/') ? line : `${line}/tcp`));
  return { ExposedPorts: asWritten(Object.fromEntries([...published, ...told].map((key) => [key, {}]))) };
}

function networking(form: RunForm): Fields {
  const networks = filledNetworks(form);
  // The default bridge is named beside others, or with an address: else it is the mode.
  const isNamed = ({ mac }: NetworkForm): boolean => networks.length > 1 || mac.trim() !== '';
  const joined = networks.filter((one) => !isModeOnly(one.name.trim()) || (one.name.trim() === 'bridge' && isNamed(one)));
  const endpoints = joined.map((network, index): [string, Fields] => {
    // Links are those of the first network, as the docker CLI has it.
    const links = index === 0 ? { Links: linesOf(form.links) } : {};
    return [network.name.trim(), pruned({ ...endpointOf(network), ...links })];
  });
  return { NetworkingConfig: { EndpointsConfig: asWritten(Object.fromEntries(endpoints)) } };
}

function endpointOf({ aliases, ipv4, ipv6, mac, priority }: NetworkForm): Fields {
  return {
    Aliases: aliases.split(/[\s,]+/).filter(Boolean),
    IPAMConfig: { IPv4Address: ipv4.trim() || undefined, IPv6Address: ipv6.trim() || undefined },
    MacAddress: mac.trim() || undefined,
    GwPriority: Number(priority) || undefined,
  };
}

function recordOf(pairs: readonly { name: string; value: string }[]): Record<string, string> {
  return Object.fromEntries(pairs.map(({ name, value }) => [name.trim(), value]));
}

/** What the person wrote as JSON; nothing where it is none. */
export function otherFields({ other }: Pick<RunForm, 'other'>): Fields {
  if (!other.trim()) return {};
  try {
    const value: unknown = JSON.parse(other);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
  } catch {
    return {};
  }
}

function merged(base: Fields, more: Fields): Fields {
  const entries = Object.entries(more).map(([key, value]) => {
    const before = base[key];
    if (Array.isArray(before) && Array.isArray(value)) return [key, [...(before as unknown[]), ...(value as unknown[])]] as const;
    return [key, isRecord(before) && isRecord(value) ? merged(before, value) : value] as const;
  });
  return { ...base, ...Object.fromEntries(entries) };
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const whole = new WeakSet<object>();

/** What a person has written stays as it is, empty values too; nothing where there is none of it. */
function asWritten<Value extends object>(value: Value): Value | undefined {
  return Object.keys(value).length === 0 ? undefined : meant(value);
}

/** Empty, and meant so. */
function meant<Value extends object>(value: Value): Value {
  whole.add(value);
  return value;
}

/** Without what is undefined or empty, all the way down to what is meant as it is. */
function pruned(value: Fields): Fields {
  const entries = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    if (typeof item === 'object' && item !== null && whole.has(item)) return [[key, item]];
    const left = isRecord(item) ? pruned(item) : item;
    if (left === undefined || left === '') return [];
    return typeof left === 'object' && left !== null && Object.keys(left).length === 0 ? [] : [[key, left]];
  });
  return Object.fromEntries(entries);
}
