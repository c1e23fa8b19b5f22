import type { RouteName } from '@gantry/engine-api';
import type { Principal } from '../sessions/principal.ts';
import { refuseUnproven } from './proof-rule.ts';
import type { Revealing } from './revealing.ts';

const person: Principal = { sessionId: 's', userId: 'ada', name: 'ada', rights: { grants: [] }, hasSecondFactor: true, endsAt: new Date() };
const asking = (name: RouteName, more: Partial<Revealing> = {}): Revealing => ({
  route: { name, audited: false },
  query: { values: {} },
  ...more,
});
const proven = { isProven: () => true };
const unproven = { isProven: () => false };

test.each([
  ...(['ContainerExec', 'ContainerSessionStart', 'ContainerAttach', 'ContainerAttachWebsocket'] as const),
  ...(['SessionJoin', 'HostShellStart', 'HostShellJoin'] as const),
])('who has a page open does %s only where they proved a moment ago that it is them', (name) => {
  expect(() => refuseUnproven(asking(name), person, proven)).not.toThrow();
  expect(() => refuseUnproven(asking(name), person, unproven)).toThrow(
    expect.objectContaining({ code: 'forbidden', details: { needs: 'proof' } }) as Error,
  );
});

test('who has a page open is shown values of variables only where they proved a moment ago that it is them', () => {
  const shown = asking('ContainerInspect', { isReveal: true });
  const listed = asking('ContainerTop', { query: { values: { ps_args: 'axe' } } });
  for (const call of [shown, listed]) {
    expect(() => refuseUnproven(call, person, proven)).not.toThrow();
    expect(() => refuseUnproven(call, person, unproven)).toThrow('prove first');
  }
  expect(() => refuseUnproven(asking('ContainerTop'), person, unproven)).not.toThrow();
});

test('whatever else they do, and a terminal that is open, asks for nothing', () => {
  for (const name of [
    'ContainerStart',
    'ExecStart',
    'ExecResize',
    'SessionAttach',
    'SessionWatch',
    'HostShellAttach',
    'HostShellWatch',
  ] as const)
    expect(() => refuseUnproven(asking(name), person, unproven)).not.toThrow();
});

test.each<[string, object]>([
  ['a token', { isToken: true }],
  ['a client certificate', { certificate: 'laptop' }],
])('%s has nothing to prove with', (_, credential) => {
  expect(() => refuseUnproven(asking('ContainerExec'), { ...person, ...credential }, unproven)).not.toThrow();
});

test.each<[string, object]>([
  ['a token', { isToken: true }],
  ['a client certificate', { certificate: 'laptop' }],
])('%s opens no shell on a host, and neither types into one that is open nor watches it', (_, credential) => {
  for (const name of ['HostShellStart', 'HostShellJoin', 'HostShellAttach', 'HostShellWatch'] as const)
    expect(() => refuseUnproven(asking(name), { ...person, ...credential }, proven)).toThrow('opened in a browser');
});
