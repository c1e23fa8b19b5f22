import { attachQuery } from './containers.ts';
import { act, inPath, read } from './route.ts';

const ofAgents = {
  isUnversioned: true,
  refusal: {
    status: 501,
    message: 'terminals that go on by themselves are kept by the agent of a host, not by its engine',
    reason: 'They are the same for every engine: an exec of any of them, held by the agent that stands in front of it.',
  },
} as const;
/** A session has the id of its exec. */
const own = { ...ofAgents, permission: 'container:exec', refs: [inPath('exec')] } as const;
const stream = { kind: 'hijack', query: { from: 'integer' }, onDisconnect: 'cancel' } as const;

/**
 * Terminals that go on without whoever opened them. Those of the first group are their owner's, whoever else holds the permission. The answer to an attach are the frames
 * of `sessions/session-frames.ts`, beginning at the byte `from` of the output, or at the first that is still there.
 */
export const sessionRoutes = {
  /** Starts an exec of the caller's. `h` and `w` are rows and columns. */
  SessionStart: act({
    ...own,
    method: 'POST',
    path: '/gantry/sessions/{id}/start',
    query: { h: 'integer', w: 'integer' },
    effect: 'repeat-unsafe',
  }),
  /** The same of a container's own terminal. What attaches to it is asked as for an attach; the answer says which id the session has. */
  ContainerSessionStart: act({
    ...ofAgents,
    method: 'POST',
    path: '/gantry/containers/{id}/session',
    permission: 'container:attach',
    refs: [inPath('container')],
    query: { ...attachQuery, h: 'integer', w: 'integer' },
    effect: 'repeat-unsafe',
  }),
  /** With `hold` the program waits for this reader for as long as it takes nothing, as it would for a terminal; without, for ten seconds. */
  SessionAttach: act({
    ...own,
    ...stream,
    method: 'POST',
    path: '/gantry/sessions/{id}/attach',
    query: { from: 'integer', hold: 'flag' },
  }),
  SessionClose: act({ ...own, method: 'POST', path: '/gantry/sessions/{id}/close' }),

  SessionWatch: act({ ...own, ...stream, method: 'POST', path: '/gantry/sessions/{id}/watch', permission: 'session:watch' }),
  SessionJoin: act({ ...own, ...stream, method: 'POST', path: '/gantry/sessions/{id}/join', permission: 'session:join' }),
  SessionEnd: act({ ...own, method: 'DELETE', path: '/gantry/sessions/{id}', permission: 'session:end', query: { cause: 'text' } }),

  /** The server's own: what it finds on a host, and how it records. `keep` are the seconds that a terminal stays which nobody is attached to. */
  SessionList: read({ ...ofAgents, method: 'GET', path: '/gantry/sessions', permission: 'engine:none' }),
  SessionRecord: read({
    ...own,
    method: 'POST',
    path: '/gantry/sessions/{id}/record',
    kind: 'hijack',
    permission: 'engine:none',
    query: { from: 'integer', keep: 'integer' },
  }),
};
