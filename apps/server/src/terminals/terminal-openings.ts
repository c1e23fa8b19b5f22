import { type EngineRequest, type Match, noBytes, type RouteName, sessionIdOf, type SessionKind } from '@gantry/engine-api';

/** A request that opens a session. */
export interface Opening {
  readonly kind: SessionKind;
  /** Of the session. */
  readonly id: string;
  /** By id or name; empty for an exec, which knows it, and for the host. */
  readonly container: string;
}

/** What a row opens as a session, undefined for one that opens none. */
export function openingOf({ route, path }: Match, requestId: string): Opening | undefined {
  const id = path['id'] ?? '';
  if (route.name === 'SessionStart') return { kind: 'exec', id, container: '' };
  if (route.name === 'ContainerSessionStart') return { kind: 'attach', id: sessionIdOf('attach', requestId), container: id };
  if (route.name === 'HostShellStart') return { kind: 'host', id: sessionIdOf('host', requestId), container: '' };
  return undefined;
}

/** The rows by which the audit log says that somebody opened a session, by what it is of. */
export const openedBy: Readonly<Record<SessionKind, readonly RouteName[]>> = {
  exec: ['SessionStart', 'ExecStart'],
  attach: ['ContainerSessionStart', 'ContainerAttach', 'ContainerAttachWebsocket'],
  host: ['HostShellStart'],
};

/** Whether what the log says was asked for opens that session. */
export function isOpeningOf({ kind, id, request }: { kind: SessionKind; id: string; request: string }, target: string): boolean {
  if (kind !== 'exec') return id === sessionIdOf(kind, request);
  return target.endsWith(`/gantry/sessions/${id}/start`) || target.endsWith(`/exec/${id}/start`);
}

/** What docker clients ask for a terminal by, which becomes a session of its own: the request that starts that, by the same person. */
export function sessionStartOf({ route, path, query }: Match, request: EngineRequest, body: ExecStartBody): EngineRequest | undefined {
  const id = encodeURIComponent(path['id'] ?? '');
  // Whoever does not ask for a terminal gets frames, also of an exec that has one: raw bytes are none.
  if (route.name === 'ExecStart' && body.Detach !== true && body.Tty === true) {
    const [rows = 0, columns = 0] = body.ConsoleSize ?? [];
    const size = rows > 0 && columns > 0 ? `?h=${rows}&w=${columns}` : '';
    return plainly(request, `/gantry/sessions/${id}/start${size}`);
  }
  const isAttach = route.name === 'ContainerAttach' || (route.name === 'ContainerAttachWebsocket' && request.upgrade === 'websocket');
  const isStream = ['1', 'true'].includes(new URLSearchParams(query).get('stream') ?? '');
  return isAttach && isStream ? plainly(request, `/gantry/containers/${id}/session?${query}`) : undefined;
}

export interface ExecStartBody {
  readonly Detach?: boolean | undefined;
  readonly Tty?: boolean | undefined;
  readonly ConsoleSize?: readonly number[] | null | undefined;
}

/** By whoever opened it, from its first byte; the program waits for them as it would for a terminal. */
export function attachTo(id: string, request: EngineRequest): EngineRequest {
  return { ...plainly(request, `/gantry/sessions/${id}/attach?from=0&hold=1`), upgrade: 'tcp' };
}

function plainly(request: EngineRequest, target: string): EngineRequest {
  return { ...request, method: 'POST', target, headers: new Map(), upgrade: 'none', body: noBytes };
}
