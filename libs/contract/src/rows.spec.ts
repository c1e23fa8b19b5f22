import { isPermission } from '@gantry/access';
import * as contract from './index.ts';
import { rows } from './rows.ts';

const exported = Object.values(contract).filter((value) => typeof value === 'object' && 'method' in value);

test('every row that a lib can import is in the list that the guard reads, once', () => {
  expect(new Set(rows)).toEqual(new Set(exported));
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  expect(new Set(rows.map(({ method, path }) => `${method} ${path}`)).size).toBe(rows.length);
});

test.each(rows)('$name says who may call it and has a schema for each parameter of its path', ({ access, path, params }) => {
  expect(['public', 'session', 'loopback'].includes(access) || isPermission(access)).toBe(true);
  const named = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  expect(Object.keys((params as { shape?: object } | undefined)?.shape ?? {})).toEqual(named);
});

test('what is served to anybody is this list and nothing more', () => {
  expect(rows.filter(({ access }) => access === 'public').map(({ name }) => name)).toEqual([
    'getSetup',
    'createOwner',
    'login',
    'revokeCertificate',
    'createLoginRequest',
    'collectLogin',
    'beginPasskeyLogin',
    'loginWithPasskey',
    'beginProviderSignIn',
    'finishProviderSignIn',
    'enterWithCode',
    'describePasswordLink',
    'usePasswordLink',
    'getHealth',
    'getReadiness',
    'getCertificateAuthority',
  ]);
  expect(rows.filter(({ beforeOwner }) => beforeOwner).map(({ name }) => name)).toEqual([
    'getSetup',
    'createOwner',
    'getHealth',
    'getReadiness',
    'getCertificateAuthority',
  ]);
});

test('only where a provider sends people back to does another site lead, and that is open to all', () => {
  expect(rows.filter(({ fromElsewhere }) => fromElsewhere).map(({ name, access }) => [name, access])).toEqual([
    ['finishProviderSignIn', 'public'],
  ]);
});

/** What tells the kinds of a body apart; nothing where there is one kind. */
function kindsOf(body: object): object[] {
  const { options } = body as { options?: readonly { shape?: { kind?: { value: string } } }[] };
  const kinds = options?.flatMap(({ shape }) => (shape?.kind ? [{ kind: shape.kind.value }] : [])) ?? [];
  return kinds.length > 0 ? kinds : [{}];
}

test('a body with a field that nobody knows is refused and named', () => {
  for (const { body, name } of rows) {
    for (const kind of body === undefined ? [] : kindsOf(body)) {
      const problem = body?.safeParse({ ...kind, isAdmin: true }).error?.message ?? '';
      expect([name, problem]).toEqual([name, expect.stringContaining('isAdmin')]);
    }
  }
});

test('user names differ by more than case and blanks around them', () => {
  expect(contract.UserName.parse('  Ada ')).toBe('ada');
  expect(contract.UserName.safeParse('a b').success).toBe(false);
});
