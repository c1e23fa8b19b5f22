import { type EngineRequest, matchRoute, noBytes } from '@gantry/engine-api';
import { type ExecStartBody, sessionStartOf } from './terminal-openings.ts';

const exec = 'e'.repeat(64);

function sessionOf(target: string, body: ExecStartBody): string | undefined {
  const request: EngineRequest = {
    ...{ method: 'POST', target, headers: new Map(), upgrade: 'tcp', body: noBytes, signal: new AbortController().signal },
    caller: { kind: 'person', id: 'u1', name: 'ada', requestId: 'r1' },
  };
  const match = matchRoute('POST', target);
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
