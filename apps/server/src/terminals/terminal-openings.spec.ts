import { type EngineRequest, matchRoute, noBytes } from '@gantry/engine-api';
import { type ExecStartBody, sessionStartOf } from './terminal-openings.ts';

const exec = 'e'.repeat(64);

function sessionOf(target: string, body: ExecStartBody, more: Partial<EngineRequest> = {}): string | undefined {
  const request: EngineRequest = {
    ...{ method: 'POST', target, headers: new Map(), upgrade: 'tcp', body: noBytes, signal: new AbortController().signal },
    caller: { kind: 'person', id: 'u1', name: 'ada', requestId: 'r1' },
    ...more,
  };
  const match = matchRoute(request.method, target);
  if (!match) throw new Error(`no such row: ${target}`);
  return sessionStartOf(match, request, body)?.target;
}

test.each<[string, ExecStartBody, string | undefined]>([
  ['with a terminal becomes a session', { Tty: true, Detach: false }, `/gantry/sessions/${exec}/start`],
  ['with a terminal of some size has it', { Tty: true, ConsoleSize: [30, 100] }, `/gantry/sessions/${exec}/start?h=30&w=100`],
  ['without a terminal is answered in frames, so it becomes none', { Tty: false }, undefined],
  ['that says nothing of a terminal becomes none', {}, undefined],
  ['that nobody stays at becomes none', { Tty: true, Detach: true }, undefined],
])('the start of an exec %s', (_what, body, target) => {
  expect(sessionOf(`/exec/${exec}/start`, body)).toBe(target);
});

const byWebsocket = { method: 'GET', upgrade: 'websocket' } as const;

test.each<[string, Partial<EngineRequest>]>([
  ['/attach?stream=1&stdin=1', {}],
  ['/attach/ws?stream=1&stdin=1', byWebsocket],
])('an attach to a container becomes a session, whichever way it comes: %s', (asked, more) => {
  expect(sessionOf(`/containers/web${asked}`, {}, more)).toBe('/gantry/containers/web/session?stream=1&stdin=1');
});

test.each<[string, Partial<EngineRequest>]>([
  ['/attach?logs=1', {}],
  ['/attach/ws?logs=1', byWebsocket],
  ['/attach/ws?stream=1&stdin=1', { ...byWebsocket, upgrade: 'none' }],
])('what shows only what was said before, or offers no websocket where one is meant, becomes none: %s', (asked, more) => {
  expect(sessionOf(`/containers/web${asked}`, {}, more)).toBeUndefined();
});
