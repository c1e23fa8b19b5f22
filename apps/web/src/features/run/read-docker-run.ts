import { isFlag, type PlainName, plainNames, plainOptions } from './plain-options.ts';
import { restartPolicies } from './restart-policies.ts';
import {
  emptyForm,
  emptyMount,
  emptyNetwork,
  type MountForm,
  type MutableRunForm,
  type NetworkForm,
  pullPolicies,
  type RunForm,
} from './run-form.ts';
import { joinWords, splitCommand } from './shell-words.ts';

/** A form out of a pasted command, and the words of it that mean nothing here. */
export interface ReadCommand {
  readonly form: RunForm;
  readonly left: readonly string[];
}

type Setter = (form: MutableRunForm, value: string) => boolean;

/** Reads `docker run …` (or create, podman, nerdctl, with sudo in front); undefined where it is none, or a quote is left open. Nothing is expanded: `$HOME` stays as it is. */
export function readDockerRun(written: string): ReadCommand | undefined {
  const words = splitCommand(written.trim());
  const start = words?.findIndex((word) => word === 'run' || word === 'create') ?? -1;
  const before = words?.slice(0, start) ?? [];
  const isCommand = start > 0 && before.every((word) => /^(sudo|\$|#|.*\/?(docker|podman|nerdctl)|container)$/.test(word));
  if (!words || !isCommand) return undefined;
  // A command starts nothing again unless it says so.
  const form: MutableRunForm = { ...emptyForm, restart: 'no' };
  const left: string[] = [];
  const rest = takeOptions(words.slice(start + 1), { form, left });
  const [image = '', ...command] = rest;
  form.image = image;
  form.command = joinWords(command);
  return { form, left };
}

interface Reading {
  readonly form: MutableRunForm;
  readonly left: string[];
}

/** Answers with what stands behind the options. */
function takeOptions(words: readonly string[], reading: Reading): readonly string[] {
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') return words.slice(at + 1);
    if (!word.startsWith('-') || word === '-') break;
    const asksNext = word.startsWith('--') ? takeLong(word, words[at + 1], reading) : takeShort(word, words[at + 1], reading);
    if (asksNext) at++;
  }
  return words.slice(at);
}

/** Whether the next word was its value. */
function takeLong(word: string, next: string | undefined, reading: Reading): boolean {
  const cut = word.indexOf('=');
  const [flag, given] = cut < 0 ? [word, undefined] : [word.slice(0, cut), word.slice(cut + 1)];
  if (flags.has(flag)) {
    if (!flags.get(flag)?.(reading.form, given ?? 'true')) reading.left.push(word);
    return false;
  }
  const isKnown = setters.has(flag) || unusedValues.has(flag);
  const value = given ?? (isKnown ? next : undefined);
  if (value === undefined || !setters.get(flag)?.(reading.form, value))
    reading.left.push(given === undefined && isKnown ? `${flag} ${next ?? ''}` : word);
  return given === undefined && isKnown;
}

/** `-dit`, `-p80:80`, `-p 80:80` */
function takeShort(word: string, next: string | undefined, reading: Reading): boolean {
  for (let at = 1; at < word.length; at++) {
    const flag = `-${word.charAt(at)}`;
    const toggle = flags.get(flag);
    if (toggle) {
      toggle(reading.form, 'true');
      continue;
    }
    const rest = word.slice(at + 1).replace(/^=/, '');
    const value = rest || next;
    if (value === undefined || !setters.get(flag)?.(reading.form, value)) reading.left.push(rest ? word : `${flag} ${next ?? ''}`);
    return !rest;
  }
  return false;
}

const addLine =
  (field: keyof { [Key in keyof RunForm as RunForm[Key] extends string ? Key : never]: true }): Setter =>
  (form, value) => {
    const before: string = form[field];
    (form as Record<string, unknown>)[field] = before ? `${before}\n${value}` : value;
    return true;
  };

const set =
  (field: keyof { [Key in keyof RunForm as RunForm[Key] extends string ? Key : never]: true }): Setter =>
  (form, value) => {
    (form as Record<string, unknown>)[field] = value;
    return true;
  };

const addPair =
  (field: 'environment' | 'labels'): Setter =>
  (form, value) => {
    const cut = value.indexOf('=');
    // Without a value docker takes that of the shell, which is not known here.
    const pair = cut < 0 ? { name: value, value: '' } : { name: value.slice(0, cut), value: value.slice(cut + 1) };
    form[field] = [...form[field], pair];
    return cut >= 0 || field === 'labels';
  };

function plainSetter(name: PlainName): Setter {
  if (isFlag(name))
    return (form, value) => {
      form[name] = !/^(false|0|f)$/i.test(value);
      return true;
    };
  return plainOptions[name].kind === 'lines' || plainOptions[name].kind === 'pairs' ? addLine(name) : set(name);
}

const flags = new Map<string, Setter>([
  ...plainNames.filter(isFlag).flatMap((name) => namesOf(name).map((flag) => [flag, plainSetter(name)] as const)),
  ...['-d', '--detach', '--sig-proxy', '--disable-content-trust', '--help', '--quiet', '-q'].map((flag) => [flag, () => true] as const),
  [
    '--no-healthcheck',
    (form) => {
      form.health = 'none';
      return true;
    },
  ],
]);

function namesOf(name: PlainName): string[] {
  const { flag, aliases } = plainOptions[name];
  return [flag, ...aliases];
}

/** They take a value that means nothing here. */
const unusedValues = new Set(['--env-file', '--label-file', '--cidfile', '--attach', '--detach-keys', '--isolation', '--link-local-ip']);

const health =
  (field: 'healthCommand' | 'healthInterval' | 'healthTimeout' | 'healthStartPeriod' | 'healthStartInterval' | 'healthRetries'): Setter =>
  (form, value) => {
    if (form.health === 'image') form.health = 'shell';
    form[field] = value;
    return true;
  };

const setters = new Map<string, Setter>([
  ...plainNames.filter((name) => !isFlag(name)).flatMap((name) => namesOf(name).map((flag) => [flag, plainSetter(name)] as const)),
  ['--name', set('name')],
  ['--platform', set('platform')],
  ['--pull', (form, value) => choose(pullPolicies, value, (one) => (form.pull = one))],
  ['-p', publish],
  ['--publish', publish],
  ['--expose', addLine('expose')],
  ['-e', addPair('environment')],
  ['--env', addPair('environment')],
  ['-l', addPair('labels')],
  ['--label', addPair('labels')],
  ['-v', volume],
  ['--volume', volume],
  ['--mount', mount],
  ['--tmpfs', (form, value) => addMount(form, { kind: 'tmpfs', ...targetAndOptions(value) })],
  ['--network', (form, value) => addNetwork(form, networkOf(value))],
  ['--net', (form, value) => addNetwork(form, networkOf(value))],
  ['--network-alias', (form, value) => inLastNetwork(form, ({ aliases }) => ({ aliases: [aliases, value].filter(Boolean).join(' ') }))],
  ['--net-alias', (form, value) => inLastNetwork(form, ({ aliases }) => ({ aliases: [aliases, value].filter(Boolean).join(' ') }))],
  ['--ip', (form, value) => inLastNetwork(form, () => ({ ipv4: value }))],
  ['--ip6', (form, value) => inLastNetwork(form, () => ({ ipv6: value }))],
  ['--mac-address', (form, value) => inLastNetwork(form, () => ({ mac: value }))],
  ['--restart', restart],
  [
    '--entrypoint',
    (form, value) => {
      form.hasNoEntrypoint = value === '';
      form.entrypoint = value === '' ? '' : joinWords([value]);
      return true;
    },
  ],
  ['--cpus', set('cpus')],
  ['--stop-timeout', set('stopTimeout')],
  ['--health-cmd', health('healthCommand')],
  ['--health-interval', health('healthInterval')],
  ['--health-timeout', health('healthTimeout')],
  ['--health-start-period', health('healthStartPeriod')],
  ['--health-start-interval', health('healthStartInterval')],
  ['--health-retries', health('healthRetries')],
  ['--log-driver', set('logDriver')],
  ['--log-opt', addLine('logOptions')],
  ['--security-opt', addLine('securityOptions')],
  ['--device', addLine('devices')],
  ['--gpus', (form, value) => set('gpus')(form, value.replaceAll('"', ''))],
  ['--ulimit', addLine('ulimits')],
  ['--blkio-weight-device', addLine('blkioWeightDevices')],
  ['--device-read-bps', addLine('readBps')],
  ['--device-write-bps', addLine('writeBps')],
  ['--device-read-iops', addLine('readIops')],
  ['--device-write-iops', addLine('writeIops')],
]);

function choose<Value extends string>(values: readonly Value[], written: string, take: (value: Value) => void): boolean {
  const found = values.find((one) => one === written);
  if (found !== undefined) take(found);
  return found !== undefined;
}

function restart(form: MutableRunForm, value: string): boolean {
  const [name = '', tries = ''] = value.split(':');
  form.restartTries = tries;
  return choose(restartPolicies, name, (one) => (form.restart = one));
}

function publish(form: MutableRunForm, value: string): boolean {
  const [, written = '', protocol = 'tcp'] = /^(.*?)(?:\/(tcp|udp|sctp))?$/.exec(value) ?? [];
  const cut = written.lastIndexOf(':');
  const [host, container] = cut < 0 ? ['', written] : [written.slice(0, cut).replace(/:$/, ''), written.slice(cut + 1)];
  form.ports = [
    ...form.ports,
    { host: /^[\d.]+$/.test(host) && host.includes('.') ? `${host}:` : host, container, protocol: protocol as 'tcp' },
  ];
  return container !== '';
}

function volume(form: MutableRunForm, value: string): boolean {
  const [source = '', target, options = ''] = value.split(':');
  if (target === undefined) return addMount(form, { target: source });
  return addMount(form, { kind: /^[/~.]/.test(source) ? 'bind' : 'volume', source, target, ...optionsOf(options) });
}

function targetAndOptions(value: string): Partial<MountForm> {
  const cut = value.indexOf(':');
  return cut < 0 ? { target: value } : { target: value.slice(0, cut), ...optionsOf(value.slice(cut + 1)) };
}

function optionsOf(written: string): Pick<MountForm, 'isReadOnly' | 'options'> {
  const words = written.split(',').filter((word) => word && word !== 'rw');
  return { isReadOnly: words.includes('ro'), options: words.filter((word) => word !== 'ro').join(',') };
}

/** `type=bind,source=/a,target=/b,readonly`; what is not said of it here is left. */
function mount(form: MutableRunForm, value: string): boolean {
  const fields = new Map(
    value.split(',').map((part): [string, string] => [part.split('=', 1)[0] ?? '', part.slice(part.indexOf('=') + 1)]),
  );
  const known = ['type', 'source', 'src', 'target', 'destination', 'dst', 'readonly', 'ro', 'tmpfs-size', 'tmpfs-mode'];
  const kind = (['volume', 'bind', 'tmpfs'] as const).find((one) => one === (fields.get('type') ?? 'volume'));
  if (!kind || [...fields.keys()].some((key) => !known.includes(key))) return false;
  const isReadOnly = ['readonly', 'ro'].some((key) => fields.has(key) && !['false', '0'].includes(fields.get(key) ?? ''));
  const options = ['size', 'mode'].flatMap((key) => (fields.has(`tmpfs-${key}`) ? [`${key}=${fields.get(`tmpfs-${key}`) ?? ''}`] : []));
  const target = fields.get('target') ?? fields.get('destination') ?? fields.get('dst') ?? '';
  return addMount(form, { kind, source: fields.get('source') ?? fields.get('src') ?? '', target, isReadOnly, options: options.join(',') });
}

function addMount(form: MutableRunForm, given: Partial<MountForm>): boolean {
  form.mounts = [...form.mounts, { ...emptyMount, ...given }];
  return Boolean(given.target);
}

/** A name, or `name=back,alias=x,ip=10.0.0.2`. */
function networkOf(value: string): Partial<NetworkForm> {
  if (!value.includes('=')) return { name: value };
  const fields = value.split(',').map((part): [string, string] => [part.split('=', 1)[0] ?? '', part.slice(part.indexOf('=') + 1)]);
  const one = (key: string): string => fields.find(([name]) => name === key)?.[1] ?? '';
  const aliases = fields.filter(([name]) => name === 'alias').map(([, alias]) => alias);
  return {
    name: one('name'),
    aliases: aliases.join(' '),
    ipv4: one('ip'),
    ipv6: one('ip6'),
    mac: one('mac-address'),
    priority: one('gw-priority'),
  };
}

/** An alias or address may have stood in front of its network. */
function addNetwork(form: MutableRunForm, given: Partial<NetworkForm>): boolean {
  const [early, ...others] = form.networks;
  if (early?.name === '') form.networks = [{ ...early, ...given, ...settingsOf(early) }, ...others];
  else form.networks = [...form.networks, { ...emptyNetwork, ...given }];
  return Boolean(given.name);
}

function settingsOf(network: NetworkForm): Partial<NetworkForm> {
  return Object.fromEntries(Object.entries(network).filter(([, value]) => value !== ''));
}

function inLastNetwork(form: MutableRunForm, change: (network: NetworkForm) => Partial<NetworkForm>): boolean {
  const last = form.networks.at(-1) ?? emptyNetwork;
  form.networks = [...form.networks.slice(0, -1), { ...last, ...change(last) }];
  return true;
}
