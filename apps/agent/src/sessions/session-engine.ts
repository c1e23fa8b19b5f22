import { Failure } from '@gantry/base';
import {
  type Engine,
  engineClient,
  type EngineRequest,
  type EngineResponse,
  failureStatus,
  hijack,
  json,
  type SessionEndCause,
  sessionEndCauses,
  type SessionMode,
} from '@gantry/engine-api';
import { endWhenForbidden } from '../host-shell/end-when-forbidden.ts';
import type { HostShell } from '../host-shell/host-shell.ts';
import type { Opening } from './sessions.ts';
import type { Session } from './session.ts';
import { Sessions } from './sessions.ts';

type Answering = (asked: Asked) => Promise<EngineResponse> | EngineResponse;
interface Asked {
  readonly sessions: Sessions;
  readonly shell: HostShell;
  readonly id: string;
  readonly query: URLSearchParams;
  readonly request: EngineRequest;
}

/** Read by hand: the table of routes is not loaded by an agent that is asked for nothing of it. */
const path = /^\/gantry\/(sessions|host\/shell)(?:\/([0-9a-f]{64})(?:\/([a-z]+))?)?(?:\?(.*))?$/s;
const ofContainer = /^\/gantry\/containers\/([^/?]+)\/session(?:\?(.*))?$/s;
const resizing = /^(?:\/v[\d.]+)?\/(exec|containers)\/([0-9a-f]{64})\/resize\?(.*)$/s;

/** By method, `one` where a session is named, and the verb behind it. */
const answering: Readonly<Record<string, Readonly<Partial<Record<string, Answering>>>>> = {
  sessions: {
    'GET all': ({ sessions }) => json(200, sessions.all.filter(({ isRecorded }) => !isRecorded).map(describe)),
    'POST one start': startExec,
    'POST one attach': (asked) => attach(asked, { mode: 'own', isOfHost: false }),
    'POST one join': (asked) => attach(asked, { mode: 'join', isOfHost: false }),
    'POST one watch': (asked) => attach(asked, { mode: 'watch', isOfHost: false }),
    'POST one record': record,
    'POST one close': (asked) => end(asked, { cause: 'closed', isOfHost: false }),
    'DELETE one': (asked) => end(asked, { cause: causeOf(asked), isOfHost: false }),
  },
  'host/shell': {
    'GET all': async ({ shell }) => json(200, await shell.inspect()),
    'POST all': startHost,
    'POST one attach': (asked) => attach(asked, { mode: 'own', isOfHost: true }),
    'POST one join': (asked) => attach(asked, { mode: 'join', isOfHost: true }),
    'POST one watch': (asked) => attach(asked, { mode: 'watch', isOfHost: true }),
    'POST one close': (asked) => end(asked, { cause: 'closed', isOfHost: true }),
    'DELETE one': (asked) => end(asked, { cause: causeOf(asked), isOfHost: true }),
  },
};

/** An engine with sessions (`routes/sessions.ts`) and shells on its host (`routes/host-shell.ts`). Disposing ends them. */
export function sessionEngine(engine: Engine, shell: HostShell): Engine & AsyncDisposable {
  const sessions = new Sessions(engineClient(engine, { caller: { kind: 'gantry', part: 'sessions' } }));
  const asked: Engine = async (request) => {
    const { method, target } = request;
    const resized = method === 'POST' ? resizing.exec(target) : null;
    if (resized) return resize(await engine(request), sessions, resized);
    const answer = target.startsWith('/gantry/') ? find({ sessions, shell, request }) : 'passes';
    if (answer === 'passes') return engine(request);
    try {
      return (await answer?.()) ?? json(404, { message: 'page not found' });
    } catch (thrown) {
      const { code, message } = Failure.from(thrown);
      return json(failureStatus[code], { message });
    }
  };
  return Object.assign(asked, { [Symbol.asyncDispose]: () => sessions[Symbol.asyncDispose]() });
}

/** What answers a request; undefined for what is ours and does not exist. */
function find(asked: Pick<Asked, 'sessions' | 'shell' | 'request'>): (() => ReturnType<Answering>) | undefined | 'passes' {
  const { method, target } = asked.request;
  const container = ofContainer.exec(target);
  if (container && method === 'POST')
    return () => startAttach({ ...asked, id: decodeURIComponent(container[1] ?? ''), query: new URLSearchParams(container[2]) });
  const [, noun = '', id, verb, query = ''] = path.exec(target) ?? [];
  if (noun === '') return /^\/gantry\/(sessions|host\/shell)\b/.test(target) ? undefined : 'passes';
  const words = [method, id === undefined ? 'all' : 'one', ...(verb === undefined ? [] : [verb])].join(' ');
  const answer = answering[noun]?.[words];
  return answer && (() => answer({ ...asked, id: id ?? '', query: new URLSearchParams(query) }));
}

async function startExec({ sessions, id, ...asked }: Asked): Promise<EngineResponse> {
  return json(201, describe(await sessions.openExec(id, openingOf(asked))));
}

async function startAttach({ sessions, id, ...asked }: Asked): Promise<EngineResponse> {
  const is = (name: string): boolean => ['1', 'true'].includes(asked.query.get(name) ?? '');
  const detachKeys = asked.query.get('detachKeys') ?? '';
  const query = {
    ...{ stream: is('stream'), logs: is('logs'), stdin: is('stdin'), stdout: is('stdout'), stderr: is('stderr') },
    ...(detachKeys === '' ? {} : { detachKeys }),
  };
  return json(201, describe(await sessions.openAttach(id, query, openingOf(asked))));
}

async function startHost({ sessions, shell, ...asked }: Asked): Promise<EngineResponse> {
  const opening = openingOf(asked);
  const { command } = await shell.allowed();
  const session = await sessions.openHost(command, opening, () => shell.open(opening.size));
  void endWhenForbidden(session, shell);
  return json(201, describe(session));
}

function openingOf({ query, request: { caller } }: Pick<Asked, 'query' | 'request'>): Opening {
  if (caller.kind !== 'person') throw new Failure('forbidden', 'a terminal session is opened by a person');
  return { caller, size: { columns: sideOf(query.get('w'), 80), rows: sideOf(query.get('h'), 24) } };
}

interface Way {
  readonly mode: SessionMode;
  readonly isOfHost: boolean;
}

async function attach({ sessions, shell, id, query, request: { caller } }: Asked, { mode, isOfHost }: Way): Promise<EngineResponse> {
  if (caller.kind !== 'person') throw new Failure('forbidden', 'a terminal session is for people');
  const session = findOf(sessions, id, isOfHost);
  if (isOfHost) await shell.allowed();
  const person = { id: caller.id, name: caller.name.slice(0, 64), mode };
  session.admit(person);
  const isHolding = mode === 'own' && query.get('hold') === '1';
  return hijack({ 'content-type': framesType }, (input) => session.attach({ from: fromOf(query), person, isHolding }, input));
}

function record({ sessions, id, query, request: { caller } }: Asked): EngineResponse {
  if (caller.kind !== 'gantry') throw new Failure('forbidden', 'terminal sessions are recorded by the server alone');
  const session = sessions.find(id);
  const keepSeconds = Number(query.get('keep') ?? 0);
  if (keepSeconds > 0) session.keepFor(keepSeconds * 1000);
  return hijack({ 'content-type': framesType }, (input) => session.attach({ from: fromOf(query), person: undefined }, input));
}

async function end(
  { sessions, id, request: { caller } }: Asked,
  { cause, isOfHost }: { cause: SessionEndCause; isOfHost: boolean },
): Promise<EngineResponse> {
  // The server itself names any by its id; whoever ends a shell on the host has another right than whoever ends a terminal in a container.
  const session = caller.kind === 'person' ? findOf(sessions, id, isOfHost) : sessions.find(id);
  await session.end({ cause, ...(caller.kind === 'person' && cause !== 'closed' ? { by: caller.name } : {}) });
  return json(200, describe(session));
}

/** Each kind by its own way only: the rights to them differ. */
function findOf(sessions: Sessions, id: string, isOfHost: boolean): Session {
  const session = sessions.find(id);
  if ((session.facts.kind === 'host') !== isOfHost) throw new Failure('not-found', `no such terminal session: ${id}`);
  return session;
}

/** The docker CLI gives its size by itself; whoever watches has to follow. */
function resize(response: EngineResponse, sessions: Sessions, [, noun, id = '', text]: RegExpExecArray): EngineResponse {
  const query = new URLSearchParams(text);
  const [columns, rows] = [Number(query.get('w')), Number(query.get('h'))];
  const isDone = response.kind === 'plain' && response.status < 300 && columns > 0 && rows > 0;
  if (isDone) sessions.hasSize(noun === 'exec' ? { exec: id } : { container: id }, columns, rows);
  return response;
}

const framesType = 'application/vnd.gantry.session-frames';

const fromOf = (query: URLSearchParams): number => Math.max(0, Math.trunc(Number(query.get('from') ?? 0)) || 0);

/** A whole number of columns or rows that a terminal can have, whatever was asked for. */
function sideOf(asked: string | null, usual: number): number {
  return Math.min(1000, Math.max(1, Math.trunc(Number(asked ?? 0)) || usual));
}

/** The server alone knows other causes than that somebody ended it. */
function causeOf({ query, request: { caller } }: Asked): SessionEndCause {
  const asked = caller.kind === 'person' ? 'ended' : query.get('cause');
  return sessionEndCauses.find((cause) => cause === asked) ?? 'ended';
}

function describe({ facts, size, ended }: Session): object {
  return { ...facts, ...size, ...(ended ? { ended } : {}) };
}
