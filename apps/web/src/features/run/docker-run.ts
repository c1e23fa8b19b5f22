import { parseBytes } from '../../format/quantities.ts';
import { filledPairs, filledPorts, type RunForm, splitCommand } from './run-form.ts';

/** The body of a create request that does what the form says. */
export interface CreateBody {
  readonly Image: string;
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly Tty?: true;
  readonly OpenStdin?: true;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly HostConfig: {
    readonly PortBindings?: Readonly<Record<string, readonly { readonly HostIp?: string; readonly HostPort: string }[]>>;
    readonly Binds?: readonly string[];
    readonly RestartPolicy: { readonly Name: string };
    readonly Memory?: number;
    readonly NanoCpus?: number;
  };
}

/** `docker run` with the same effect, quoted for a POSIX shell, one option a line from the second on. */
export function dockerRun(form: RunForm): string {
  const options = [
    form.hasTerminal ? '-dit' : '-d',
    ...option('--name', form.name.trim()),
    ...filledPorts(form).flatMap(({ host, container, protocol }) =>
      option('-p', published(host, container) + (protocol === 'udp' ? '/udp' : '')),
    ),
    ...filledPairs(form.environment).flatMap(({ name, value }) => option('-e', `${name.trim()}=${value}`)),
    ...filledPairs(form.mounts).flatMap((mount) => option('-v', bind(mount))),
    ...option('-m', form.memory.trim()),
    ...option('--cpus', form.cpus.trim()),
    ...(form.restart === 'no' ? [] : option('--restart', form.restart)),
  ];
  const command = (splitCommand(form.command) ?? []).map(quoted).join(' ');
  const last = [quoted(form.image.trim() || 'IMAGE'), command].filter(Boolean).join(' ');
  const [first = '', ...rest] = options;
  return [`docker run ${first}`, ...rest, last].join(rest.length > 1 ? ' \\\n  ' : ' ');
}

export function createBody(form: RunForm): CreateBody {
  const command = splitCommand(form.command) ?? [];
  const environment = filledPairs(form.environment).map(({ name, value }) => `${name.trim()}=${value}`);
  return {
    Image: form.image.trim(),
    ...(command.length ? { Cmd: command } : {}),
    ...(environment.length ? { Env: environment } : {}),
    ...(form.hasTerminal ? { Tty: true, OpenStdin: true } : {}),
    ...exposed(form),
    HostConfig: { ...hostConfig(form), RestartPolicy: { Name: form.restart } },
  };
}

function hostConfig(form: RunForm): Omit<CreateBody['HostConfig'], 'RestartPolicy'> {
  const memory = parseBytes(form.memory);
  const mounts = filledPairs(form.mounts).map(bind);
  const ports = filledPorts(form);
  const bindings = Map.groupBy(ports, ({ container, protocol }) => `${container.trim()}/${protocol}`);
  return {
    ...(ports.length
      ? { PortBindings: Object.fromEntries([...bindings].map(([port, those]) => [port, those.map(({ host }) => address(host))])) }
      : {}),
    ...(mounts.length ? { Binds: mounts } : {}),
    ...(memory ? { Memory: memory } : {}),
    ...(Number(form.cpus) > 0 ? { NanoCpus: Math.round(Number(form.cpus) * 1e9) } : {}),
  };
}

function exposed(form: RunForm): Pick<CreateBody, 'ExposedPorts'> {
  const ports = filledPorts(form).map(({ container, protocol }) => [`${container.trim()}/${protocol}`, {}] as const);
  return ports.length ? { ExposedPorts: Object.fromEntries(ports) } : {};
}

/** `127.0.0.1:8080` or `8080`; an empty port lets the engine choose. */
function address(host: string): { HostIp?: string; HostPort: string } {
  const [, ip, port = ''] = /^(?:\[?([0-9a-f.:]+?)\]?:)?(\d*)$/i.exec(host.trim()) ?? [];
  return ip === undefined ? { HostPort: port } : { HostIp: ip, HostPort: port };
}

function published(host: string, container: string): string {
  return host.trim() ? `${host.trim()}:${container.trim()}` : container.trim();
}

function bind({ name, value }: { name: string; value: string }): string {
  return name.trim() ? `${name.trim()}:${value.trim()}` : value.trim();
}

function option(flag: string, value: string): string[] {
  return value ? [`${flag} ${quoted(value)}`] : [];
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
