import { bytes } from '../../format/quantities.ts';
import { fullTime } from '../../format/times.ts';
import { locale, text } from '../../i18n/i18n.ts';
import { restartPolicies } from '../run/restart-policies.ts';
import type { Inspected } from './inspect.ts';

export interface Fact {
  readonly name: string;
  readonly value: string;
  readonly isMono?: boolean;
}

const listed = (values: readonly string[] | null | undefined): string => (values ?? []).join(', ');
const yesOrNo = (value: boolean | null | undefined): string => text(value ? 'config.yes' : 'config.no');

/** What the container runs. */
export function programFacts({ Path = '', Args = [], Config = {}, Created }: Inspected): Fact[] {
  const { User, WorkingDir, Hostname, StopSignal, Tty, Image } = Config;
  return [
    { name: text('containers.image'), value: Image ?? '', isMono: true },
    { name: text('run.entry'), value: [Path, ...Args].join(' '), isMono: true },
    { name: text('images.user'), value: User ?? '', isMono: true },
    { name: text('images.workingDirectory'), value: WorkingDir ?? '', isMono: true },
    { name: text('config.hostname'), value: Hostname ?? '', isMono: true },
    { name: text('config.stopSignal'), value: StopSignal ?? 'SIGTERM', isMono: true },
    { name: text('config.terminal'), value: yesOrNo(Tty) },
    { name: text('images.created'), value: Created ? fullTime(Date.parse(Created), locale.value) : '' },
  ];
}

/** What it may use, and when it is started again. */
export function limitFacts({ HostConfig = {} }: Inspected): Fact[] {
  const { Memory = 0, NanoCpus = 0, PidsLimit, RestartPolicy, AutoRemove } = HostConfig;
  return [
    { name: text('run.memory'), value: Memory ? bytes(Memory) : text('config.none') },
    { name: text('run.cpus'), value: NanoCpus ? String(NanoCpus / 1e9) : text('config.none') },
    { name: text('config.pids'), value: PidsLimit && PidsLimit > 0 ? String(PidsLimit) : text('config.none') },
    { name: text('run.restart'), value: restartWords(RestartPolicy) },
    { name: text('config.autoRemove'), value: yesOrNo(AutoRemove) },
  ];
}

/** How far it is kept apart from its host. */
export function isolationFacts({ HostConfig = {}, Driver = '' }: Inspected): Fact[] {
  const { Privileged, ReadonlyRootfs, NetworkMode, CapAdd, CapDrop, SecurityOpt, Devices, Dns, ExtraHosts, LogConfig, Init } = HostConfig;
  return [
    { name: text('config.privileged'), value: yesOrNo(Privileged) },
    { name: text('config.readOnly'), value: yesOrNo(ReadonlyRootfs) },
    { name: text('config.networkMode'), value: NetworkMode ?? '', isMono: true },
    { name: text('config.capAdd'), value: listed(CapAdd), isMono: true },
    { name: text('config.capDrop'), value: listed(CapDrop), isMono: true },
    { name: text('config.security'), value: listed(SecurityOpt), isMono: true },
    {
      name: text('config.devices'),
      value: listed((Devices ?? []).map(({ PathOnHost = '', PathInContainer = '' }) => `${PathOnHost}:${PathInContainer}`)),
      isMono: true,
    },
    { name: 'DNS', value: listed(Dns), isMono: true },
    { name: text('config.extraHosts'), value: listed(ExtraHosts), isMono: true },
    { name: text('config.init'), value: yesOrNo(Init) },
    { name: text('config.logs'), value: LogConfig?.Type ?? '', isMono: true },
    { name: text('config.storage'), value: Driver, isMono: true },
  ];
}

/** As a person calls it; one that is not known here as the engine does. */
function restartWords({ Name = '', MaximumRetryCount: tries = 0 }: NonNullable<Inspected['HostConfig']>['RestartPolicy'] = {}): string {
  const known = restartPolicies.find((one) => one === (Name || 'no'));
  return [known ? text(`restart.${known}`) : Name, ...(tries > 0 ? [`(${tries})`] : [])].join(' ');
}
