import type { EngineClient, SessionKind } from '@gantry/engine-api';

/** What a terminal is of: a command in a container, the container itself, or the host. */
export interface OpenedTerminal {
  readonly id: string;
  readonly kind: SessionKind;
  /** Empty for a shell on the host. */
  readonly containerId: string;
  /** Of the container; of the host for a shell on it. */
  readonly containerName: string;
  /** Of the container: they decide with the grants. */
  readonly labels: Readonly<Record<string, string>>;
  readonly command: string;
}

interface Exec {
  readonly ContainerID: string;
  readonly ProcessConfig?: { readonly tty?: boolean; readonly entrypoint?: string; readonly arguments?: readonly string[] | null };
}

interface Container {
  readonly Id: string;
  readonly Name: string;
  readonly Config: {
    readonly Tty?: boolean;
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly Labels?: Readonly<Record<string, string>> | null;
  };
}

/** An exec, as its engine tells; whether it has a terminal at all. */
export async function inspectExecTerminal(
  client: EngineClient,
  id: string,
  signal: AbortSignal,
): Promise<OpenedTerminal & { readonly isTerminal: boolean }> {
  const exec = await (await client.call('ExecInspect', { path: { id } }, signal)).json<Exec>();
  const { Id, Name, Config } = await inspect(client, exec.ContainerID, signal);
  const { tty = false, entrypoint = '', arguments: words } = exec.ProcessConfig ?? {};
  const command = [entrypoint, ...(words ?? [])].join(' ');
  return { id, kind: 'exec', containerId: Id, containerName: plain(Name), labels: Config.Labels ?? {}, command, isTerminal: tty };
}

/** The terminal of a container itself, for a session with that id. */
export async function inspectAttachTerminal(
  client: EngineClient,
  { id, container }: { id: string; container: string },
  signal: AbortSignal,
): Promise<OpenedTerminal & { readonly isTerminal: boolean }> {
  const { Id, Name, Config } = await inspect(client, container, signal);
  const command = [...(Config.Entrypoint ?? []), ...(Config.Cmd ?? [])].join(' ');
  const { Tty: isTerminal = false, Labels } = Config;
  return { id, kind: 'attach', containerId: Id, containerName: plain(Name), labels: Labels ?? {}, command, isTerminal };
}

async function inspect(client: EngineClient, id: string, signal: AbortSignal): Promise<Container> {
  return (await client.call('ContainerInspect', { path: { id } }, signal)).json<Container>();
}

function plain(name: string): string {
  return name.replace(/^\//, '');
}
