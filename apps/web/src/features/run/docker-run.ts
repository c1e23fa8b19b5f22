import { isUnnamed, bindText, modeOf } from './create-body.ts';
import { isFlag, plainNames, plainOptions } from './plain-options.ts';
import {
  filledMounts,
  filledNetworks,
  filledPairs,
  filledPorts,
  linesOf,
  type MountForm,
  type NetworkForm,
  pairsOf,
  type RunForm,
} from './run-form.ts';
import { joinWords, quoted, splitCommand } from './shell-words.ts';

/** `docker run` with the same effect, quoted for a POSIX shell, one option a line from the second on. */
export function dockerRun(form: RunForm): string {
  const options = [firstWords(form), ...commonOptions(form), ...plainWords(form), ...furtherOptions(form)];
  const [entry = '', ...words] = splitCommand(form.entrypoint) ?? [];
  if (form.hasNoEntrypoint) options.push(`--entrypoint ''`);
  else if (entry) options.push(`--entrypoint ${quoted(entry)}`);
  const command = joinWords([...words, ...(splitCommand(form.command) ?? [])]);
  const last = [quoted(form.image.trim() || 'IMAGE'), command].filter(Boolean).join(' ');
  const [first = '', ...rest] = options;
  return [`docker run ${first}`, ...rest, last].join(rest.length > 1 ? ' \\\n  ' : ' ');
}

/** What the command cannot say: fields that only the API has. */
export function isBeyondCommand({ other }: RunForm): boolean {
  return other.trim() !== '';
}

function firstWords({ hasTerminal, hasInput }: RunForm): string {
  return `-d${hasInput ? 'i' : ''}${hasTerminal ? 't' : ''}`;
}

function commonOptions(form: RunForm): string[] {
  const { restart, restartTries } = form;
  const tries = restart === 'on-failure' && restartTries.trim() ? `:${restartTries.trim()}` : '';
  return [
    ...option('--name', form.name.trim()),
    ...(form.pull === 'missing' ? [] : option('--pull', form.pull)),
    ...option('--platform', form.platform.trim()),
    ...filledPorts(form).flatMap(({ host, container, protocol }) =>
      option('-p', (host.trim() ? `${host.trim()}:${container.trim()}` : container.trim()) + (protocol === 'tcp' ? '' : `/${protocol}`)),
    ),
    ...each('--expose', form.expose),
    ...filledPairs(form.environment).flatMap(({ name, value }) => option('-e', `${name.trim()}=${value}`)),
    ...filledMounts(form).flatMap(mountWords),
    ...filledNetworks(form).flatMap((network, index) => networkWords(network, index === 0)),
    ...(restart === 'no' ? [] : option('--restart', restart + tries)),
    ...option('--cpus', form.cpus.trim()),
  ];
}

function mountWords(mount: MountForm): string[] {
  const target = mount.target.trim();
  if (mount.kind === 'tmpfs') return option('--tmpfs', modeOf(mount) ? `${target}:${modeOf(mount)}` : target);
  if (!isUnnamed(mount)) return option('-v', bindText(mount));
  return option('--mount', `type=volume,target=${target}${mount.isReadOnly ? ',readonly' : ''}`);
}

/** The hardware address of the first network has a flag of its own, which older docker CLIs know, too. */
function networkWords(network: NetworkForm, isFirst: boolean): string[] {
  if (!isFirst) return option('--network', networkText(network));
  return [...option('--network', networkText({ ...network, mac: '' })), ...option('--mac-address', network.mac.trim())];
}

/** The name alone, or what the endpoint is to be like in the words of `--network`. */
function networkText({ name, aliases, ipv4, ipv6, mac, priority }: NetworkForm): string {
  const settings = [
    ...aliases
      .split(/[\s,]+/)
      .filter(Boolean)
      .map((alias) => `alias=${alias}`),
    ...(ipv4.trim() ? [`ip=${ipv4.trim()}`] : []),
    ...(ipv6.trim() ? [`ip6=${ipv6.trim()}`] : []),
    ...(mac.trim() ? [`mac-address=${mac.trim()}`] : []),
    ...(Number(priority) ? [`gw-priority=${Number(priority)}`] : []),
  ];
  return settings.length ? [`name=${name.trim()}`, ...settings].join(',') : name.trim();
}

function plainWords(form: RunForm): string[] {
  return plainNames.flatMap((name) => {
    const { flag, kind, aliases } = plainOptions[name];
    if (isFlag(name)) return form[name] && name !== 'hasTerminal' && name !== 'hasInput' ? [flag] : [];
    const short = aliases.find((one) => /^-\w$/.test(one)) ?? flag;
    if (kind === 'lines') return each(flag, form[name]);
    if (kind === 'pairs') return eachPair(flag, form[name]);
    return option(short, form[name].trim());
  });
}

function furtherOptions(form: RunForm): string[] {
  return [
    ...filledPairs(form.labels).flatMap(({ name, value }) => option('--label', `${name.trim()}=${value}`)),
    ...option('--stop-timeout', form.stopTimeout.trim()),
    ...healthWords(form),
    ...option('--log-driver', form.logDriver.trim()),
    ...eachPair('--log-opt', form.logOptions),
    ...each('--security-opt', form.securityOptions),
    ...each('--device', form.devices),
    ...option('--gpus', form.gpus.trim().startsWith('device=') ? `"${form.gpus.trim()}"` : form.gpus.trim()),
    ...each('--ulimit', form.ulimits),
    ...each('--blkio-weight-device', form.blkioWeightDevices),
    ...each('--device-read-bps', form.readBps),
    ...each('--device-write-bps', form.writeBps),
    ...each('--device-read-iops', form.readIops),
    ...each('--device-write-iops', form.writeIops),
  ];
}

/** The command line knows a check for a shell only: words of their own are written as one would type them there. */
function healthWords(form: RunForm): string[] {
  if (form.health === 'image') return [];
  if (form.health === 'none') return ['--no-healthcheck'];
  return [
    ...option('--health-cmd', form.healthCommand),
    ...option('--health-interval', form.healthInterval.trim()),
    ...option('--health-timeout', form.healthTimeout.trim()),
    ...option('--health-start-period', form.healthStartPeriod.trim()),
    ...option('--health-start-interval', form.healthStartInterval.trim()),
    ...option('--health-retries', form.healthRetries.trim()),
  ];
}

function each(flag: string, written: string): string[] {
  return linesOf(written).flatMap((line) => option(flag, line));
}

function eachPair(flag: string, written: string): string[] {
  return pairsOf(written).flatMap(([name, value]) => option(flag, `${name}=${value}`));
}

function option(flag: string, value: string): string[] {
  return value ? [`${flag} ${quoted(value)}`] : [];
}
