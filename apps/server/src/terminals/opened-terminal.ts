import type { EngineClient } from '@gantry/engine-api';

/** The container and command of an exec with a terminal, as its engine tells. */
export interface OpenedTerminal {
  readonly id: string;
  readonly containerId: string;
  readonly containerName: string;
  /** Of the container: they decide with the grants. */
  readonly labels: Readonly<Record<string, string>>;
  readonly command: string;
}

interface Exec {
  readonly ContainerID: string;
  readonly ProcessConfig?: { readonly entrypoint?: string; readonly arguments?: readonly string[] | null };
}

interface Container {
  readonly Id: string;
  readonly Name: string;
  readonly Config: { readonly Labels?: Readonly<Record<string, string>> | null };
}

export async function inspectTerminal(client: EngineClient, id: string, signal: AbortSignal): Promise<OpenedTerminal> {
  const exec = await (await client.call('ExecInspect', { path: { id } }, signal)).json<Exec>();
  const { Id, Name, Config } = await (await client.call('ContainerInspect', { path: { id: exec.ContainerID } }, signal)).json<Container>();
  const { entrypoint = '', arguments: words } = exec.ProcessConfig ?? {};
  const command = [entrypoint, ...(words ?? [])].join(' ');
  return { id, containerId: Id, containerName: Name.replace(/^\//, ''), labels: Config.Labels ?? {}, command };
}
