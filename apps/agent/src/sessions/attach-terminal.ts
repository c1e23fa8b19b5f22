import { Failure } from '@gantry/base';
import type { EngineClient, QueryInput } from '@gantry/engine-api';
import type { SessionTerminal } from './session.ts';

/** What an engine tells of a container, as far as its terminal is concerned. */
export interface InspectedContainer {
  readonly Id: string;
  readonly Name: string;
  readonly Config: { readonly Tty?: boolean; readonly Entrypoint?: readonly string[] | null; readonly Cmd?: readonly string[] | null };
  readonly State?: { readonly Running?: boolean; readonly ExitCode?: number };
}

export async function inspectContainer(client: EngineClient, id: string): Promise<InspectedContainer> {
  return (await client.call('ContainerInspect', { path: { id } })).json<InspectedContainer>();
}

/** The terminal of a container itself goes on without anybody: the session is only the way to it, and ends soon after the last person left. */
const unattendedMs = 5000;

/** Attaches to the terminal of a container, started or not. Ending it lets go of the container, which goes on. */
export async function startAttachTerminal(
  client: EngineClient,
  id: string,
  query: QueryInput<'ContainerAttach'>,
): Promise<SessionTerminal> {
  const ending = new AbortController();
  const { open } = await client.open('ContainerAttach', { path: { id }, query }, ending.signal);
  return {
    open,
    unattendedMs,
    async resize(columns, rows) {
      await client.call('ContainerResize', { path: { id }, query: { w: columns, h: rows } });
    },
    hangUp() {
      ending.abort(new Failure('cancelled', 'the session has ended'));
      return Promise.resolve();
    },
    async exitCode() {
      const { Running: isRunning, ExitCode: code } = (await inspectContainer(client, id)).State ?? {};
      return isRunning === true ? undefined : code;
    },
  };
}
