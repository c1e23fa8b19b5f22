import { eventually } from '@gantry/base/testing';
import { catalogue, isPermission, type Permission, roles, type RoleName, roleNames } from '@gantry/access';
import { type ContractRow, createGrant, createJoinCode, getMe, type GrantScope, logout, Me, NewJoinCode, rows } from '@gantry/contract';
import { addPerson, container, setUp, startTestServer, TestAgent, TestBrowser, type TestServer } from '../testing/index.ts';

let server: TestServer;
let owner: TestBrowser;
const agents: TestAgent[] = [];
const people = new Map<string, TestBrowser>();

beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  for (let host = 0; host < 2; host++) {
    const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
    const agent = await TestAgent.join(server.url, code);
    agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts: [container('a')], gone: [] } }));
    agents.push(agent);
  }
  for (const role of roleNames) {
    people.set(`${role} everywhere`, await somebody(role, { kind: 'global' }));
    people.set(`${role} of one host`, await somebody(role, { kind: 'host', host: hostIds().own }));
  }
  await eventually(async () => {
    const { body } = await owner.call({ method: 'GET', path: '/api/fleet' });
    expect((body as { rows: unknown[] }).rows).toHaveLength(2);
  });
}, 180_000);
afterAll(async () => {
  for (const agent of agents) await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

type End = 'own' | 'other' | 'deleted';

function hostIds(): Readonly<Record<End, string>> {
  return { own: agents[0]?.id ?? '', other: agents[1]?.id ?? '', deleted: '00000000-0000-4000-8000-000000000000' };
}

async function somebody(role: RoleName, scope: GrantScope): Promise<TestBrowser> {
  const browser = await addPerson(owner, `${role}-${scope.kind}`);
  const { id } = Me.parse((await browser.call(getMe)).body);
  const { status } = await owner.call(createGrant, { body: { subject: { kind: 'user', id }, role, scope } });
  expect(status).toBe(201);
  return browser;
}

/** Calls a row with what can do no harm: parameters of nothing but the host, and a body that no row takes. */
async function ask(browser: TestBrowser, row: ContractRow, end: End): Promise<Outcome> {
  const valueOf = (name: string): string =>
    name === 'hostId' ? hostIds()[end] : name === 'containerId' ? 'a'.repeat(64) : hostIds().deleted;
  const params = Object.fromEntries([...row.path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, valueOf(name)]));
  const isBodyless = row.method === 'GET' || row.method === 'DELETE';
  const { status, body } = await browser.call(row, { params, ...(isBodyless ? {} : { body: '{"surely":"wrong"}' }) });
  if (status === 401 || status === 403) return status;
  const isUnseen = status === 404 && /^no such (host|container): /.test((body as { message?: string }).message ?? '');
  return isUnseen ? 'not there' : 'passes';
}

type Outcome = 401 | 403 | 'not there' | 'passes';

/** The policy: what the table of roles and the row say, without a look at how the guard does it. */
function expected(row: ContractRow, role: RoleName, { isEverywhere, end }: { isEverywhere: boolean; end: End }): Outcome {
  const { access } = row;
  if (!isPermission(access)) return 'passes';
  if (!isHeld(role, access, isEverywhere)) return 403;
  if (row.where === 'somewhere') return 'passes';
  if (!row.path.includes(':hostId')) return isEverywhere ? 'passes' : 403;
  return end === 'deleted' || (end === 'other' && !isEverywhere) ? 'not there' : 'passes';
}

function isHeld(role: RoleName, permission: Permission, isEverywhere: boolean): boolean {
  const { reach } = catalogue[permission];
  return roles[role].permissions.has(permission) && (isEverywhere || reach === 'host' || reach === 'any');
}

/** These end the session, or would remove the host that the rest of the table needs. */
const leftOut = ['logout', 'changePassword', 'removeHost'];
const asked = rows.filter(({ name, access }) => !leftOut.includes(name) && access !== 'public' && access !== 'loopback');

test.each(roleNames)(
  '%s, everywhere and of one host: every row, on that host, another and one that is gone, is what the policy says',
  async (role) => {
    for (const row of asked) {
      for (const end of ['own', 'other', 'deleted'] as const) {
        if (end !== 'own' && !row.path.includes(':hostId')) continue;
        for (const isEverywhere of [true, false]) {
          const browser = people.get(`${role} ${isEverywhere ? 'everywhere' : 'of one host'}`) ?? owner;
          const place = isEverywhere ? 'everywhere' : 'of one host';
          expect([row.name, place, end, await ask(browser, row, end)]).toEqual([
            row.name,
            place,
            end,
            expected(row, role, { isEverywhere, end }),
          ]);
        }
      }
    }
  },
  180_000,
);

test('no row that is not open to all answers to nobody, to a session that was ended, or to one that was made up', async () => {
  const ended = await addPerson(owner, 'ended');
  const { cookie = '' } = ended;
  await ended.call(logout);
  for (const row of asked) {
    for (const given of [undefined, cookie, `gantry=${'x'.repeat(43)}`]) {
      const browser = new TestBrowser(server.url);
      browser.cookie = given;
      expect([row.name, await ask(browser, row, 'own')]).toEqual([row.name, 401]);
    }
  }
});
