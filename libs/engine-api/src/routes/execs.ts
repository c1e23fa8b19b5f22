import { execCreate, execStart } from './bodies/exec.ts';
import { act, inPath, read } from './route.ts';

const exec = inPath('exec');

export const execRoutes = {
  ContainerExec: act({
    method: 'POST',
    path: '/containers/{id}/exec',
    permission: 'container:exec',
    body: execCreate,
    refs: [inPath('container')],
    effect: 'repeat-unsafe',
  }),
  ExecStart: act({
    method: 'POST',
    path: '/exec/{id}/start',
    kind: 'hijack',
    permission: 'container:exec',
    body: execStart,
    refs: [exec],
    effect: 'repeat-unsafe',
    onDisconnect: 'cancel',
  }),
  ExecResize: act({
    method: 'POST',
    path: '/exec/{id}/resize',
    permission: 'container:exec',
    query: { h: 'integer', w: 'integer' },
    refs: [exec],
    audited: false,
  }),
  ExecInspect: read({ method: 'GET', path: '/exec/{id}/json', permission: 'container:view', refs: [exec] }),
};
