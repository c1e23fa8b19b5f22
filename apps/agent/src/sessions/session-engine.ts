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
import type { Session } from './session.ts';
import { Sessions } from './sessions.ts';

type Answering = (asked: Asked) => Promise<EngineResponse> | EngineResponse;
interface Asked {
  readonly sessions: Sessions;
  readonly id: string;
  readonly query: URLSearchParams;
  readonly request: EngineRequest;
}

/** Read by hand: the table of routes is not loaded by an agent that is asked for nothing of it. */
const path = /^\/gantry\/sessions(?:\/([0-9a-f]{64})(?:\/([a-z]+))?)?(?:\?(.*))?$/s;
const answering: Readonly<Partial<Record<string, Answering>>> = {
  'GET ': ({ sessions }) => json(200, sessions.all.filter(({ isRecorded }) => !isRecorded).map(describe)),
  'POST start': start,
  'POST attach': (asked) => attach(asked, 'own'),
  'POST join': (asked) => attach(asked, 'join'),
  'POST watch': (asked) => attach(asked, 'watch'),
  'POST record': record,
  'POST close': (asked) => end(asked, 'closed'),
  'DELETE ': (asked) => end(asked, causeOf(asked)),
};

/** An engine with sessions (`routes/sessions.ts`). Disposing ends them. */
export function sessionEngine(engine: Engine): Engine & AsyncDisposable {
  const sessions = new Sessions(engineClient(engine, { caller: { kind: 'gantry', part: 'sessions' } }));
  const asked: Engine = async (request) => {
    if (!request.target.startsWith('/gantry/sessions')) return engine(request);
    const [, id = '', verb = '', query = ''] = path.exec(request.target) ?? [];
    const answer = answering[`${request.method} ${verb}`];
    if (!answer || (id === '') !== (`${request.method} ${verb}` === 'GET ')) return json(404, { message: 'page not found' });
    try {
      return await answer({ sessions, id, query: new URLSearchParams(query), request });
    } catch (thrown) {
      const { code, message } = Failure.from(thrown);
      return json(failureStatus[code], { message });
    }
  };
  return Object.assign(asked, { [Symbol.asyncDispose]: () => sessions[Symbol.asyncDispose]() });
}

async function start({ sessions, id, query, request }: Asked): Promise<EngineResponse> {
  const { caller } = request;
  if (caller.kind !== 'person') throw new Failure('forbidden', 'a terminal session is opened by a person');
  const size = { columns: sideOf(query.get('w'), 80), rows: sideOf(query.get('h'), 24) };
  return json(201, describe(await sessions.open({ id, caller, size })));
}

function attach({ sessions, id, query, request: { caller } }: Asked, mode: SessionMode): EngineResponse {
  if (caller.kind !== 'person') throw new Failure('forbidden', 'a terminal session is for people');
  const session = sessions.find(id);
  const person = { id: caller.id, name: caller.name.slice(0, 64), mode };
  session.admit(person);
  return hijack({ 'content-type': framesType }, (input) => session.attach({ from: fromOf(query), person }, input));
}

function record({ sessions, id, query, request: { caller } }: Asked): EngineResponse {
  if (caller.kind !== 'gantry') throw new Failure('forbidden', 'terminal sessions are recorded by the server alone');
  const session = sessions.find(id);
  const keepSeconds = Number(query.get('keep') ?? 0);
  if (keepSeconds > 0) session.keepFor(keepSeconds * 1000);
  return hijack({ 'content-type': framesType }, (input) => session.attach({ from: fromOf(query), person: undefined }, input));
}

async function end({ sessions, id, request: { caller } }: Asked, cause: SessionEndCause): Promise<EngineResponse> {
  const session = sessions.find(id);
  await session.end({ cause, ...(caller.kind === 'person' && cause !== 'closed' ? { by: caller.name } : {}) });
  return json(200, describe(session));
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
