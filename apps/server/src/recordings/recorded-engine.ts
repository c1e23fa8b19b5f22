import {
  type Bytes,
  type Engine,
  engineClient,
  type EngineRequest,
  type EngineResponse,
  type HijackedResponse,
  type Match,
  matchRoute,
} from '@gantry/engine-api';
import type { OpenRecording, RecordedTerminal, TerminalRecorder } from './terminal-recorder.ts';

interface Recorded {
  readonly engine: Engine;
  readonly host: string;
  readonly recorder: Pick<TerminalRecorder, 'open' | 'resized'>;
}

/**
 * The engine of a host, where terminals that a person opens are recorded, by whichever way the person came: whoever made the request is in it. Stands
 * behind the guard, which has decided already; everything else passes as it is. A terminal that cannot be recorded is not opened.
 */
export function recordedEngine(recorded: Recorded): Engine {
  return async (request) => {
    if (request.caller.kind !== 'person') return recorded.engine(request);
    const match = matchRoute(request.method, request.target);
    if (match?.route.name === 'ExecResize' || match?.route.name === 'ContainerResize') noteSize(match, recorded.recorder);
    const terminal = match && (await terminalOf(match, request, recorded.engine));
    return terminal ? record(terminal, request, recorded) : recorded.engine(request);
  };
}

type Found = Pick<RecordedTerminal, 'terminalId' | 'containerId' | 'containerName' | 'kind' | 'command'>;

async function record(found: Found, request: EngineRequest, { engine, host, recorder }: Recorded): Promise<EngineResponse> {
  const { caller } = request;
  if (caller.kind !== 'person') return engine(request);
  const recording = await recorder.open({ ...found, hostId: host, userId: caller.id, who: caller.name, request: caller.requestId });
  if (request.signal.aborted) await recording.discard();
  request.signal.throwIfAborted();
  try {
    const response = await engine(request);
    if (response.kind === 'hijacked') return { ...response, open: tapped(response, { recording, signal: request.signal }) };
    await recording.discard();
    return response;
  } catch (thrown) {
    await leaveUnseen(recording);
    throw thrown;
  }
}

/** Once it was asked for, its program may run, whether anybody heard of that or not: that there was a terminal stays. */
function leaveUnseen(recording: OpenRecording): Promise<void> {
  recording.mark('whoever opened it was gone before it showed anything: what it did from here on is not recorded');
  return recording.close();
}

function tapped(
  response: HijackedResponse,
  { recording, signal }: { recording: OpenRecording; signal: AbortSignal },
): HijackedResponse['open'] {
  const leave = (): void => void leaveUnseen(recording);
  if (signal.aborted) leave();
  else signal.addEventListener('abort', leave, { once: true });
  const isSeen = (): void => {
    signal.throwIfAborted();
    signal.removeEventListener('abort', leave);
  };
  return (input) => shown(() => (isSeen(), tap(response.open(input), recording)));
}

/** Whoever is gone before it showed anything is shown nothing later: it is opened when it is looked at. */
async function* shown(open: () => Bytes): AsyncGenerator<Uint8Array> {
  yield* open();
}

/** What is shown is on its way to the disk before it is shown; whoever stops looking, or is cut off, ends the recording too. */
async function* tap(output: Bytes, recording: OpenRecording): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of output) {
      await recording.output(chunk);
      yield chunk;
    }
  } finally {
    await recording.close();
  }
}

/** The terminal that a request opens; undefined for one that opens none, and for an exec or container without a terminal. */
async function terminalOf({ route, path }: Match, request: EngineRequest, engine: Engine): Promise<Found | undefined> {
  const id = path['id'] ?? '';
  const client = engineClient(engine, { caller: { kind: 'gantry', part: 'recorder' } });
  const inspect = async (container: string): Promise<{ Id: string; Name: string; Config: { Tty: boolean } }> =>
    (await client.call('ContainerInspect', { path: { id: container } }, request.signal)).json();
  if (route.name === 'ExecStart') {
    const exec = await (await client.call('ExecInspect', { path: { id } }, request.signal)).json<Exec>();
    const { tty = false, entrypoint = '', arguments: words } = exec.ProcessConfig ?? {};
    if (!tty || exec.ContainerID === undefined) return undefined;
    const { Name } = await inspect(exec.ContainerID);
    const of = { containerId: exec.ContainerID, containerName: plain(Name) };
    return { ...of, terminalId: id, kind: 'exec', command: [entrypoint, ...(words ?? [])].join(' ') };
  }
  if (route.name !== 'ContainerAttach' && route.name !== 'ContainerAttachWebsocket') return undefined;
  const { Id, Name, Config } = await inspect(id);
  return Config.Tty ? { terminalId: Id, containerId: Id, containerName: plain(Name), kind: 'attach', command: '' } : undefined;
}

interface Exec {
  readonly ContainerID?: string;
  readonly ProcessConfig?: { readonly tty?: boolean; readonly entrypoint?: string; readonly arguments?: readonly string[] | null };
}

function noteSize({ path, query }: Match, recorder: Recorded['recorder']): void {
  const size = new URLSearchParams(query);
  const [rows, columns] = [Number(size.get('h')), Number(size.get('w'))];
  if (rows > 0 && columns > 0) recorder.resized(path['id'] ?? '', columns, rows);
}

function plain(name: string): string {
  return name.replace(/^\//, '');
}
