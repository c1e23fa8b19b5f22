import 'reflect-metadata';
import { everywhere, grantOf, type Rights } from '@gantry/access';
import { Failure } from '@gantry/base';
import {
  type ContractRow,
  createGrant,
  getContainerHistory,
  getHealth,
  getHost,
  getMe,
  getMetrics,
  getSetup,
  listAudit,
  listUsers,
  logout,
} from '@gantry/contract';
import type { ExecutionContext } from '@nestjs/common';
import type { AuditService } from '../audit/audit.service.ts';
import { Answers } from '../http/contract-row.ts';
import type { Authenticator } from '../sessions/authenticator.ts';
import type { Principal } from '../sessions/principal.ts';
import type { SetupState } from '../setup/setup-state.ts';
import { AccessGuard } from './access.guard.ts';
import { principalOf } from './current-principal.ts';
import type { Resources } from './resources.ts';
import { RowDecision } from './row-decision.ts';

interface Setting {
  readonly rights?: Rights;
  readonly isToken?: boolean;
  readonly isNobody?: boolean;
  readonly hasOwner?: boolean;
  readonly isForeign?: boolean;
  readonly isProven?: boolean;
  readonly hasSecondFactor?: boolean;
  readonly peer?: string;
  readonly headers?: Record<string, string>;
  readonly params?: Record<string, string>;
  readonly type?: string;
}

const deeds: unknown[] = [];
beforeEach(() => void deeds.splice(0));
const labels = { 'com.docker.compose.project': 'red' };

/** Hosts `own` (with the container `web` of the stack red) and `other`; rights see `own` alone unless they are everywhere. */
const resources = {
  sees: (rights: Rights, host: string) =>
    host === 'own' || (host === 'other' && rights.grants.some(({ scope }) => scope.kind === 'global')),
  host: (host: string) => ({ kind: 'host', host, groups: [], labels: {} }),
  container: (host: string, id: string) => ({ kind: 'container', id, host, groups: [], labels, ...(id === 'web' ? { stack: 'red' } : {}) }),
} as unknown as Resources;

function principalIn({ rights = everywhere('owner'), isToken = false, isNobody = false }: Setting): Principal | undefined {
  if (isNobody) return undefined;
  const who = { sessionId: 's', userId: 'u', name: 'ada', rights, hasSecondFactor: true, endsAt: new Date() };
  return isToken ? { ...who, isToken } : who;
}

/** What the guard says of a request for the row: `passes`, or the code and the words of its refusal. */
async function ask(row: ContractRow | undefined, setting: Setting = {}): Promise<string> {
  const { hasOwner = true, isForeign = false, isProven = true, hasSecondFactor = true, peer = '192.0.2.1' } = setting;
  const refusing = (isRefused: boolean, words: string) => (): void => {
    if (isRefused) throw new Failure('forbidden', words);
  };
  const authenticator = {
    refuseForeign: refusing(isForeign, 'foreign'),
    whoever: () => Promise.resolve(principalIn(setting)),
    insistOnProof: refusing(!isProven, 'proof'),
    insistOnSecondFactor: refusing(!hasSecondFactor, 'second factor'),
    address: () => peer,
  } as unknown as Authenticator;
  const audit = { note: (deed: unknown) => Promise.resolve(void deeds.push(deed)) } as unknown as AuditService;
  const setup = { hasOwner: () => Promise.resolve(hasOwner) } as unknown as SetupState;
  const guard = new AccessGuard(authenticator, setup, new RowDecision(audit, resources));
  const request = { params: setting.params ?? {}, path: '/x', headers: setting.headers ?? {}, socket: { remoteAddress: peer } };
  const handler = (): void => undefined;
  if (row) Answers(row)({}, 'handler', { value: handler });
  const context = {
    getType: () => setting.type ?? 'http',
    getHandler: () => handler,
    switchToHttp: () => ({ getRequest: () => request }),
  } as unknown as ExecutionContext;
  try {
    const isAdmitted = await guard.canActivate(context);
    if (isAdmitted) expect(principalOf(request as never)?.name).toBe(setting.isNobody ? undefined : 'ada');
    return isAdmitted ? 'passes' : 'refused';
  } catch (thrown) {
    const { code, message } = Failure.from(thrown);
    return `${code}: ${message}`;
  }
}

const operator = everywhere('operator');
const inStack = (role: string): Rights => ({ grants: [grantOf({ id: 'x', role, scope: { kind: 'stack', host: 'own', project: 'red' } })] });
const onHost = (role: string): Rights => ({ grants: [grantOf({ id: 'x', role, scope: { kind: 'host', host: 'own' } })] });
const history = (hostId: string, containerId: string) => ({ params: { hostId, containerId } });

test('what has no row, or a row that is in no table, is nobody’s; a socket is not its business', async () => {
  expect(await ask(undefined)).toBe('forbidden: nobody may call this');
  expect(await ask({ ...getMe })).toBe('forbidden: nobody may call this');
  expect(await ask(getMe, { type: 'ws' })).toBe('refused');
});

test('before there is an owner only the rows for that are served', async () => {
  expect(await ask(getMe, { hasOwner: false })).toMatch(/set this installation up first/);
  expect(await ask(getSetup, { hasOwner: false, isNobody: true })).toBe('passes');
});

test('a request of another site is refused on every row, a public one too', async () => {
  expect(await ask(getHealth, { isForeign: true, isNobody: true })).toBe('forbidden: foreign');
  expect(await ask(getMe, { isForeign: true })).toBe('forbidden: foreign');
});

test('public rows are for anybody, session rows for who is signed in, and for tokens where the row says so', async () => {
  expect(await ask(getHealth, { isNobody: true })).toBe('passes');
  expect(await ask(getMe, { isNobody: true })).toBe('unauthenticated: sign in first');
  expect([await ask(getMe), await ask(getMe, { isToken: true })]).toEqual(['passes', 'passes']);
  expect(await ask(logout)).toBe('passes');
  expect(await ask(logout, { isToken: true })).toMatch(/not for tokens/);
});

test('who lacks a second factor that their role demands gets the rows for that and no other', async () => {
  expect(await ask(getMe, { hasSecondFactor: false })).toBe('passes');
  expect(await ask(listUsers, { hasSecondFactor: false })).toBe('forbidden: second factor');
  expect(await ask(getHealth, { hasSecondFactor: false })).toBe('passes');
});

test('a row for this machine is open to a peer of it that no proxy speaks for, and to who holds host:metrics', async () => {
  expect(await ask(getMetrics, { isNobody: true, peer: '127.0.0.1' })).toBe('passes');
  expect(await ask(getMetrics, { isNobody: true, peer: '192.0.2.1' })).toBe('unauthenticated: sign in first');
  expect(await ask(getMetrics, { isNobody: true, peer: '127.0.0.1', headers: { 'x-forwarded-for': '192.0.2.1' } })).toMatch(/sign in/);
  expect(await ask(getMetrics, { rights: operator })).toBe('passes');
  expect(await ask(getMetrics, { rights: { grants: [] } })).toBe('forbidden: host:metrics is needed for this');
  expect(await ask(getHealth, { isNobody: true, peer: '127.0.0.1' })).toBe('passes');
  expect(await ask(listUsers, { isNobody: true, peer: '127.0.0.1' })).toMatch(/sign in/);
});

test('a fresh proof is asked of whoever may, and of nobody else', async () => {
  expect(await ask(createGrant, { isProven: false })).toBe('forbidden: proof');
  expect(await ask(createGrant, { isProven: false, rights: operator })).toBe('forbidden: grant:manage is needed for this');
  expect([await ask(createGrant), await ask(listUsers, { isProven: false })]).toEqual(['passes', 'passes']);
});

test('a permission is decided on the installation, somewhere, or on what the path names; a refusal is written down', async () => {
  expect([await ask(listUsers), await ask(listUsers, { rights: operator })]).toEqual([
    'passes',
    'forbidden: user:manage is needed for this',
  ]);
  expect(deeds).toEqual([{ who: 'ada', userId: 'u', action: 'listUsers', target: '/x', outcome: 'denied', address: '192.0.2.1' }]);
  expect(await ask(listUsers, { rights: onHost('owner') })).toMatch(/user:manage is needed/);
  expect([await ask(listAudit, { rights: onHost('auditor') }), await ask(listAudit, { rights: inStack('viewer') })]).toEqual([
    'passes',
    'forbidden: audit:view is needed for this',
  ]);
});

test('a host or container that the caller does not see is not there, in the words for one that is not', async () => {
  expect(await ask(getHost, { rights: onHost('viewer'), params: { hostId: 'own' } })).toBe('passes');
  expect(await ask(getHost, { rights: onHost('viewer'), params: { hostId: 'other' } })).toBe('not-found: no such host: other');
  expect(await ask(getHost, { rights: onHost('viewer'), params: { hostId: 'gone' } })).toBe('not-found: no such host: gone');
  expect(await ask(getHost, { rights: inStack('viewer'), params: { hostId: 'own' } })).toMatch(/host:view is needed/);
  expect(await ask(getContainerHistory, { rights: inStack('viewer'), ...history('own', 'web') })).toBe('passes');
  expect(await ask(getContainerHistory, { rights: inStack('viewer'), ...history('own', 'foreign') })).toBe(
    'not-found: no such container: foreign',
  );
  expect(await ask(getContainerHistory, { rights: inStack('viewer'), ...history('other', 'web') })).toBe('not-found: no such host: other');
  expect(await ask(getContainerHistory, { rights: onHost('viewer'), ...history('own', 'foreign') })).toBe('passes');
  // What somebody may do nowhere says nothing of the object.
  const lists: Rights = { grants: [grantOf({ id: 'x', role: 'own', scope: { kind: 'global' } }, ['container:list', 'container:view'])] };
  expect(await ask(getContainerHistory, { rights: lists, ...history('gone', 'web') })).toBe(
    'forbidden: container:stats is needed for this',
  );
});
