import type { EngineClient } from '@gantry/engine-api';
import { askUntil } from '@gantry/engine-api/testing';

export interface InspectedState {
  readonly Status: string;
  readonly Running: boolean;
  readonly Pid: number;
  readonly ExitCode: number;
  readonly Error: string;
  readonly OOMKilled: boolean;
  readonly StartedAt: string;
  readonly FinishedAt: string;
  readonly Health?: {
    readonly Status: string;
    readonly FailingStreak: number;
    readonly Log: readonly { readonly Start: string; readonly End: string; readonly ExitCode: number; readonly Output: string }[];
  };
}

export interface InspectedContainer {
  readonly Id: string;
  readonly Name: string;
  readonly RestartCount: number;
  readonly State: InspectedState;
  readonly HostConfig: Readonly<Record<string, unknown>>;
}

export interface ToldEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly timeNano: number;
}

type Body = Readonly<Record<string, unknown>>;

/** A request's body for a shell in busybox. */
export const shell = (script: string, more: Body = {}): Body => ({ Image: 'busybox', Cmd: ['sh', '-c', script], ...more });

export async function createIn(client: EngineClient, body: Body, name?: string): Promise<string> {
  return (await (await client.call('ContainerCreate', { body, query: { name } })).json<{ Id: string }>()).Id;
}

export async function runIn(client: EngineClient, body: Body, name?: string): Promise<string> {
  const id = await createIn(client, body, name);
  await client.call('ContainerStart', { path: { id } });
  return id;
}

/** Waits until a container has said `ready`: its start is answered before its shell has read the first line, and a signal would come before the trap for it. */
export async function isReady(client: EngineClient, id: string): Promise<void> {
  const logs = async (): Promise<string> => (await client.call('ContainerLogs', { path: { id }, query: { stdout: true } })).text();
  await askUntil(logs, (text) => text.includes('ready'));
}

export async function inspectIn(client: EngineClient, id: string): Promise<InspectedContainer> {
  return (await client.call('ContainerInspect', { path: { id } })).json<InspectedContainer>();
}

export async function waitIn(client: EngineClient, id: string, condition = ''): Promise<number> {
  const answer = await client.call('ContainerWait', { path: { id }, query: { condition } });
  return (await answer.json<{ StatusCode: number }>()).StatusCode;
}

/** What was told of a container, its networks and volumes since a time. */
export async function eventsOf(client: EngineClient, id: string, sinceMs = 0): Promise<ToldEvent[]> {
  const query = { since: (sinceMs / 1000).toFixed(3), until: (Date.now() / 1000 + 0.02).toFixed(3) };
  const text = await (await client.call('SystemEvents', { query })).text();
  const events = text.split('\n').filter((line) => line !== '');
  return events.map((line) => JSON.parse(line) as ToldEvent).filter(({ Actor }) => Actor.ID === id || Actor.Attributes['container'] === id);
}
