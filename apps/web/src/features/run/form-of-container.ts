import { type Fields, hidden, isEmpty, pairLines, record, textOf, texts } from './inspected-values.ts';
import { gpusOf, listsOf } from './lists-of-container.ts';
import { mountsOf, strangeMounts } from './mounts-of-container.ts';
import { isFlag, plainNames, plainOptions } from './plain-options.ts';
import { durationText, sizeText } from './resource-texts.ts';
import { restartPolicies } from './restart-policies.ts';
import { emptyForm, emptyNetwork, isModeOnly, type MutableRunForm, type NetworkForm, type PortForm, type RunForm } from './run-form.ts';
import { joinWords } from './shell-words.ts';

/** A container, and what of it is only there by default. */
export interface Source {
  /** The answer of an inspect. */
  readonly inspected: Fields;
  /** `Config` of its image: what the container has from there is not asked for again. Undefined where it is not known. */
  readonly image?: Fields | undefined;
  /** Where its image is for another one than its host has. */
  readonly platform?: string | undefined;
  readonly defaults?: EngineDefaults | undefined;
}

export interface EngineDefaults {
  readonly runtime?: string | undefined;
  readonly logDriver?: string | undefined;
  readonly cgroupVersion?: string | undefined;
  /** It makes the hardware address of an endpoint from its IPv4 address: another one was somebody's choice. */
  readonly derivesMacs?: boolean | undefined;
}

/**
 * The form that makes the same container again: names, addresses, limits and volumes as they are, those without a name by the name that the engine gave them. What the engine filled in by itself
 * and what comes from the image is left out, so that a newer image brings its own.
 */
export function formOfContainer({ inspected, image = {}, platform = '', defaults = {} }: Source): RunForm {
  const own = withoutImage(record(inspected['Config']), image);
  const host = withoutDefaults(record(inspected['HostConfig']), defaults);
  const form: MutableRunForm = { ...emptyForm, ...plainOf(own, host) };
  const name = textOf(inspected['Name']).replace(/^\//, '');
  const policy = record(host['RestartPolicy']);
  Object.assign(form, {
    ...{ image: textOf(own['Image']), name, platform },
    ...entryOf(own),
    ...healthOf(record(own['Healthcheck'])),
    ports: portsOf(record(host['PortBindings'])),
    expose: exposeOf(own, record(host['PortBindings'])),
    environment: texts(own['Env']).map(pairOf),
    labels: Object.entries(record(own['Labels']))
      .filter(([label]) => !label.startsWith('gantry.'))
      .map(([label, value]) => ({ name: label, value: textOf(value) })),
    mounts: mountsOf(inspected, host),
    networks: networksOf(inspected, host, defaults),
    restart: restartPolicies.find((one) => one === policy['Name']) ?? 'no',
    restartTries: Number(policy['MaximumRetryCount']) ? String(policy['MaximumRetryCount']) : '',
    cpus: Number(host['NanoCpus']) ? String(Number(host['NanoCpus']) / 1e9) : '',
    stopTimeout: own['StopTimeout'] === undefined || own['StopTimeout'] === null ? '' : String(Number(own['StopTimeout'])),
    ...logOf(record(host['LogConfig'])),
    ...listsOf(host),
    other: otherOf(host),
  } satisfies Partial<RunForm>);
  if (!form.links) form.links = endpointLinks(inspected).join('\n');
  // A name that is the beginning of the id was nobody's choice.
  const id = textOf(inspected['Id']);
  if (form.hostname === id.slice(0, 12)) form.hostname = '';
  return form;
}

/** Without what the image says as well. What is hidden may be the image's or not: it is kept, so that somebody decides instead of losing it. */
function withoutImage(config: Fields, image: Fields): Fields {
  const left: Record<string, unknown> = { ...config };
  const env = texts(image['Env']);
  left['Env'] = texts(config['Env']).filter((one) => !env.some((other) => isSame(one, other)));
  const labels = record(image['Labels']);
  left['Labels'] = Object.fromEntries(Object.entries(record(config['Labels'])).filter(([key, value]) => !isSame(labels[key], value)));
  const inherited = ['WorkingDir', 'User', 'StopSignal', 'Healthcheck', 'Shell'].filter((key) => isSame(config[key], image[key]));
  Object.assign(left, Object.fromEntries(inherited.map((key) => [key, undefined])));
  const exposed = record(image['ExposedPorts']);
  left['ExposedPorts'] = Object.fromEntries(Object.entries(record(config['ExposedPorts'])).filter(([port]) => !(port in exposed)));
  const hasOwnEntrypoint = !isSame(config['Entrypoint'], image['Entrypoint']);
  if (!hasOwnEntrypoint) delete left['Entrypoint'];
  // An entrypoint of its own takes the image's command away.
  if (!hasOwnEntrypoint && isSame(config['Cmd'], image['Cmd'])) delete left['Cmd'];
  return left;
}

function isSame(one: unknown, other: unknown): boolean {
  const written = JSON.stringify(one ?? null);
  return written === JSON.stringify(other ?? null) && !written.includes(hidden);
}

/** Without what engines fill in by themselves. */
function withoutDefaults(
  host: Fields,
  { runtime = 'runc', logDriver = 'json-file', cgroupVersion = '2' }: NonNullable<Source['defaults']>,
): Fields {
  const left: Record<string, unknown> = { ...host };
  const memory = Number(host['Memory']);
  if (Number(host['MemorySwap']) === memory * 2 || Number(host['MemorySwap']) === 0) delete left['MemorySwap'];
  if (host['MemorySwappiness'] === -1) delete left['MemorySwappiness'];
  if (Number(host['ShmSize']) === 64 * 1024 ** 2) delete left['ShmSize'];
  if (host['Runtime'] === runtime) delete left['Runtime'];
  if (host['IpcMode'] === 'private') delete left['IpcMode'];
  if (host['CgroupnsMode'] === 'private' || cgroupVersion === '1') delete left['CgroupnsMode'];
  if (Number(host['PidsLimit']) <= 0) delete left['PidsLimit'];
  const log = record(host['LogConfig']);
  if (log['Type'] === logDriver && Object.keys(record(log['Config'])).length === 0) delete left['LogConfig'];
  // Engines write this for a privileged one.
  if (host['Privileged'] === true) left['SecurityOpt'] = texts(host['SecurityOpt']).filter((option) => option !== 'label=disable');
  return left;
}

function plainOf(config: Fields, host: Fields): Partial<RunForm> {
  return Object.fromEntries(
    plainNames.map((name) => {
      const { at, kind } = plainOptions[name];
      const value = at.startsWith('HostConfig.') ? host[at.slice('HostConfig.'.length)] : config[at];
      if (isFlag(name)) return [name, value === true];
      if (kind === 'lines') return [name, (name === 'links' ? texts(value).map(linkOf) : texts(value)).join('\n')];
      if (kind === 'pairs') return [name, pairLines(value)];
      if (kind === 'bytes') return [name, Number(value) ? (Number(value) < 0 ? String(Number(value)) : sizeText(Number(value))) : ''];
      return [name, kind === 'integer' ? (Number(value) ? String(Number(value)) : '') : textOf(value)];
    }),
  ) as Partial<RunForm>;
}

/** `/db:/web/alias` as an engine tells it, `db:alias` as it was asked for. */
function linkOf(told: string): string {
  const [from = '', to = ''] = told.split(':');
  return `${from.replace(/^\//, '')}:${to.slice(to.lastIndexOf('/') + 1)}`;
}

function entryOf(config: Fields): Pick<RunForm, 'command' | 'entrypoint' | 'hasNoEntrypoint'> {
  const entrypoint = texts(config['Entrypoint']);
  const hasNone = Array.isArray(config['Entrypoint']) && entrypoint.join('') === '';
  return { command: joinWords(texts(config['Cmd'])), entrypoint: hasNone ? '' : joinWords(entrypoint), hasNoEntrypoint: hasNone };
}

function healthOf(check: Fields): Partial<RunForm> {
  const [kind, ...words] = texts(check['Test']);
  const times = {
    healthInterval: durationText(Number(check['Interval']) || 0),
    healthTimeout: durationText(Number(check['Timeout']) || 0),
    healthStartPeriod: durationText(Number(check['StartPeriod']) || 0),
    healthStartInterval: durationText(Number(check['StartInterval']) || 0),
    healthRetries: Number(check['Retries']) ? String(check['Retries']) : '',
  };
  if (kind === 'NONE') return { health: 'none' };
  if (kind === 'CMD') return { health: 'exec', healthCommand: joinWords(words), ...times };
  const isSet = kind === 'CMD-SHELL' || Object.values(times).some(Boolean);
  return isSet ? { health: 'shell', healthCommand: words.join(' '), ...times } : { health: 'image' };
}

function portsOf(bindings: Fields): PortForm[] {
  return Object.entries(bindings).flatMap(([key, those]) => {
    const [container = '', protocol = 'tcp'] = key.split('/');
    return (Array.isArray(those) ? (those as Fields[]) : []).map((binding) => {
      const ip = textOf(binding['HostIp']);
      const port = textOf(binding['HostPort']);
      const address = ip.includes(':') ? `[${ip}]` : ip;
      return { host: ip ? `${address}:${port}` : port, container, protocol: protocol as PortForm['protocol'] };
    });
  });
}

function exposeOf(config: Fields, bindings: Fields): string {
  const told = Object.keys(record(config['ExposedPorts'])).filter((port) => !(port in bindings));
  return told.map((port) => port.replace(/\/tcp$/, '')).join('\n');
}

function pairOf(variable: string): { name: string; value: string } {
  const cut = variable.indexOf('=');
  return cut < 0 ? { name: variable, value: '' } : { name: variable.slice(0, cut), value: variable.slice(cut + 1) };
}

function networksOf(inspected: Fields, host: Fields, { derivesMacs = false }: EngineDefaults): NetworkForm[] {
  const mode = textOf(host['NetworkMode']) || 'default';
  const id = textOf(inspected['Id']);
  const told = Object.entries(record(record(inspected['NetworkSettings'])['Networks']));
  const isBridge = mode === 'default' || mode === 'bridge';
  // Engines before 1.44 tell the address that was asked for with the container: it is the first network's.
  const asked = textOf(record(inspected['Config'])['MacAddress']);
  const macOf = (name: string, endpoint: Fields): string =>
    (derivesMacs && chosenMac(endpoint)) || (name === mode || (isBridge && name === 'bridge') ? asked : '');
  const rows = told
    .filter(([name]) => !isModeOnly(name))
    .map(([name, endpoint]) => ({ ...networkOf(name, record(endpoint), id), mac: macOf(name, record(endpoint)) }));
  if (isModeOnly(mode) && !isBridge) return [{ ...emptyNetwork, name: mode }];
  if (!isBridge) return rows.sort((a, b) => Number(b.name === mode) - Number(a.name === mode));
  const mac = macOf('bridge', record(record(record(inspected['NetworkSettings'])['Networks'])['bridge']));
  return [...(rows.length > 0 || mac ? [{ ...emptyNetwork, name: 'bridge', mac }] : []), ...rows];
}

/** The hardware address of an endpoint; '' where the engine made it: `02:42` and the IPv4 address. */
function chosenMac(endpoint: Fields): string {
  const mac = textOf(endpoint['MacAddress']).toLowerCase();
  const parts = textOf(endpoint['IPAddress']).split('.').map(Number);
  const made = ['02', '42', ...parts.map((part) => part.toString(16).padStart(2, '0'))].join(':');
  // Without an IPv4 address the rest is chance.
  return mac === made || (parts.length < 4 && mac.startsWith('02:42:')) ? '' : mac;
}

/** In a network of one's own the links are its endpoint's. */
function endpointLinks(inspected: Fields): string[] {
  const endpoints = Object.values(record(record(inspected['NetworkSettings'])['Networks']));
  return [...new Set(endpoints.flatMap((endpoint) => texts(record(endpoint)['Links'])))];
}

function networkOf(name: string, endpoint: Fields, id: string): NetworkForm {
  const wanted = record(endpoint['IPAMConfig']);
  const aliases = texts(endpoint['Aliases']).filter((alias) => alias !== id.slice(0, 12));
  return {
    ...emptyNetwork,
    name,
    aliases: aliases.join(' '),
    ipv4: textOf(wanted['IPv4Address']),
    ipv6: textOf(wanted['IPv6Address']),
    priority: Number(endpoint['GwPriority']) ? String(endpoint['GwPriority']) : '',
  };
}

function logOf(log: Fields): Pick<RunForm, 'logDriver' | 'logOptions'> {
  return { logDriver: textOf(log['Type']), logOptions: pairLines(log['Config']) };
}

/** Fields that the form has no place for, and whose value is not the engine's own. */
function otherOf(host: Fields): string {
  const kept: Record<string, unknown> = {};
  const requests = Array.isArray(host['DeviceRequests']) ? (host['DeviceRequests'] as Fields[]) : [];
  if (requests.length > 0 && gpusOf(requests) === '') kept['DeviceRequests'] = requests;
  if (strangeMounts(host).length > 0) kept['Mounts'] = strangeMounts(host);
  for (const key of ['Cgroup', 'ContainerIDFile', 'KernelMemory', 'KernelMemoryTCP'] as const)
    if (!isEmpty(host[key]) && host[key] !== 0) kept[key] = host[key];
  return Object.keys(kept).length ? JSON.stringify({ HostConfig: kept }, undefined, 2) : '';
}
