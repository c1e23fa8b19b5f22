import { randomUUID } from 'node:crypto';
import { eventually } from '@gantry/base/testing';
import {
  addHostToGroup,
  addTeamMember,
  type ContractRow,
  createGrant,
  createHostGroup,
  createJoinCode,
  createOwnToken,
  createTeam,
  getFleet,
  getMe,
  HostGroup,
  listAudit,
  listGrants,
  listHostGroups,
  listHosts,
  listOwnSessions,
  listTeams,
  listTokens,
  listUsers,
  Me,
  NewApiToken,
  NewJoinCode,
  rows,
  Team,
  updateHost,
} from '@gantry/contract';
import { serveEngineOver } from '@gantry/link';
import {
  type Answer,
  addPerson,
  container,
  openDatabaseOf,
  scriptedEngine,
  setUp,
  startTestServer,
  TestAgent,
  type TestBrowser,
  type TestServer,
} from '../testing/index.ts';

// Two teams with twin hosts, seen through the server's own API; through the engine door: `door/twin-teams.linux.spec.ts`.

/** Words that stand in every field of what is a team's, and nowhere else. */
const words = { red: 'zebrafisk', blue: 'quaggabeest' } as const;
type TeamName = keyof typeof words;
const teams = ['red', 'blue'] as const;
const otherOf = (team: TeamName): TeamName => (team === 'red' ? 'blue' : 'red');
const digits = { red: 'a', blue: 'b' } as const;

/** Everything of a team that has an id, by the names that paths, queries and bodies give them. */
type Ids = Readonly<
  Record<'hostId' | 'containerId' | 'userId' | 'teamId' | 'grantId' | 'groupId' | 'tokenId' | 'sessionId' | 'recordingId', string>
>;
/** The same shapes; nobody has them. */
const missing: Ids = { ...everyId((index) => `00000000-0000-4000-8000-00000000000${index}`), containerId: 'c'.repeat(64) };

let server: TestServer;
let owner: TestBrowser;
const agents: TestAgent[] = [];
const ids: Record<TeamName, Ids> = { red: missing, blue: missing };
/** Who keeps the team's host, and who works in its stack. */
const people: Record<TeamName, Record<'keeper' | 'deployer', TestBrowser>> = {} as never;

beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  for (const team of teams) await plant(team);
  await eventually(async () => expect((await owner.call(getFleet)).body).toMatchObject({ rows: [{}, {}] }));
}, 180_000);
afterAll(async () => {
  for (const agent of agents) await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function everyId(idAt: (index: number) => string): Ids {
  const names = ['hostId', 'containerId', 'userId', 'teamId', 'grantId', 'groupId', 'tokenId', 'sessionId', 'recordingId'];
  return Object.fromEntries(names.map((name, index) => [name, idAt(index)])) as unknown as Ids;
}

async function done<T>(answer: Promise<Answer>, read: { parse: (body: unknown) => T }): Promise<T> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
  return read.parse(body);
}

async function plant(team: TeamName): Promise<void> {
  const word = words[team];
  const agent = await plantHost(team);
  const group = await done(owner.call(createHostGroup, { body: { name: `${word}-group` } }), HostGroup);
  await owner.call(addHostToGroup, { params: { groupId: group.id, hostId: agent.id } });
  const made = await done(owner.call(createTeam, { body: { name: `${word}-team` } }), Team);
  const scope = { kind: 'host', host: agent.id };
  await owner.call(createGrant, { body: { subject: { kind: 'team', id: made.id }, role: 'host-admin', addOns: ['exec'], scope } });
  const [keeper, deployer] = [await addPerson(owner, `${word}-keeper`), await addPerson(owner, `${word}-deployer`)];
  const userId = await idOf(keeper);
  await owner.call(addTeamMember, { params: { teamId: made.id, userId } });
  people[team] = { keeper, deployer };
  const stack = { kind: 'stack', host: agent.id, project: word };
  const subject = { kind: 'user', id: await idOf(deployer) };
  const grant = await keeper.call(createGrant, { body: { subject, role: 'deployer', scope: stack } });
  const labels = { note: `${word}-label` };
  await keeper.call(updateHost, { params: { hostId: agent.id }, body: { name: `${word}-host`, labels } });
  const token = { name: `${word}-token`, permissions: ['container:list'], expiresInDays: 1 };
  const { described } = await done(keeper.call(createOwnToken, { body: token }), NewApiToken);
  const [session] = (await keeper.call(listOwnSessions)).body as { id: string }[];
  ids[team] = {
    ...{ hostId: agent.id, containerId: digits[team].repeat(64), userId, teamId: made.id, groupId: group.id },
    ...{ grantId: (grant.body as { id: string }).id, tokenId: described.id },
    ...{ sessionId: session?.id ?? '', recordingId: await plantRecording(team, agent.id) },
  };
}

/** As the recorder writes it down. */
async function plantRecording(team: TeamName, hostId: string): Promise<string> {
  await using database = await openDatabaseOf(server);
  const word = words[team];
  const told = { who: `${word}-keeper`, containerName: `${word}-web`, kind: 'exec', command: `${word}-command` };
  const ended = { startedAt: new Date(), durationMs: 1, sizeBytes: 1n, sha256: 'e'.repeat(64) };
  const id = randomUUID();
  await database.prisma.recording.create({
    data: { id, request: randomUUID(), hostId, containerId: digits[team].repeat(64), ...told, ...ended },
  });
  return id;
}

async function idOf(browser: TestBrowser): Promise<string> {
  return Me.parse((await browser.call(getMe)).body).id;
}

async function plantHost(team: TeamName): Promise<TestAgent> {
  const [word, digit] = [words[team], digits[team]];
  const { engine } = scriptedEngine({ [`${word}-web`]: digit.repeat(64) });
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  const agent = await TestAgent.join(server.url, code, { serve: (wire) => void serveEngineOver(wire, engine, { caller: 'as-told' }) });
  agents.push(agent);
  const described = container(digit, {
    ...{ name: `${word}-web`, image: { ref: `${word}/app:1`, id: `sha256:${digit.repeat(64)}` } },
    labels: { 'com.docker.compose.project': word, note: `${word}-label` },
  });
  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts: [described], gone: [] } }));
  const attributes = { name: `${word}-web`, image: `${word}/app:1`, exitCode: '137' };
  for (const action of ['die', 'oom'])
    agent.spool.append(() => ({
      kind: 'event',
      body: { type: 'container', action, actorId: digit.repeat(64), attributes, atMs: Date.now() },
    }));
  await eventually(async () => expect((await owner.call({ method: 'GET', path: `/engine/${agent.id}/_ping` })).status).not.toBe(503));
  return agent;
}

/** The words and ids of a team; none of them may reach the other. */
const secretsOf = (team: TeamName): RegExp => new RegExp([words[team], ...Object.values(ids[team])].join('|'));

const readings = rows.filter(({ method, access }) => method === 'GET' && access !== 'public' && access !== 'loopback');

function paramsFrom({ path }: ContractRow, from: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries([...path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, from[name] ?? missing.userId]));
}

const everyone = teams.flatMap((team) => (['keeper', 'deployer'] as const).map((who) => [team, who] as const));

test.each(everyone)('of the %s team the %s never reads a word or an id of the other', async (team, who) => {
  const secrets = secretsOf(otherOf(team));
  const now = Date.now();
  const queries: Readonly<Record<string, readonly string[]>> = {
    explainAccess: ['container', 'stack', 'image', 'network', 'volume'].map(
      (kind) => `?permission=container:start&resource=${kind}/${ids[team].hostId}/${words[team]}-web`,
    ),
    getContainerHistory: [`?fromMs=${now - 60_000}&toMs=${now}`],
    getHostHistory: [`?fromMs=${now - 60_000}&toMs=${now}`],
    getFleetHistory: [`?fromMs=${now - 60_000}&toMs=${now}`],
  };
  let isOwnSeen = false;
  for (const row of readings) {
    for (const query of queries[row.name] ?? ['']) {
      const { body, headers } = await people[team][who].call(row, { params: paramsFrom(row, ids[team]), query });
      const text = JSON.stringify([body, [...headers]]);
      isOwnSeen ||= text.includes(`${words[team]}-web`);
      expect([row.name, query, secrets.exec(text)?.[0]]).toEqual([row.name, query, undefined]);
    }
  }
  expect(isOwnSeen).toBe(true);
});

/** All that there is, as the owner sees it; what moves by itself is left out. */
async function everything(): Promise<unknown> {
  const lists = [listUsers, listTeams, listGrants, listHostGroups, listHosts, listTokens, getFleet];
  const told = await Promise.all(lists.map(async (row) => (await owner.call(row)).body));
  const moving = ['lastSeenAt', 'lastUsedAt', 'lastAddress', 'load', 'sequence'];
  return JSON.parse(JSON.stringify(told, (name, value: unknown) => (moving.includes(name) ? undefined : value)));
}

type Body = (one: Ids, own: Ids) => unknown;
const scopesOf = ({ hostId, groupId }: Ids): object[] => [
  { kind: 'host', host: hostId },
  { kind: 'group', group: groupId },
  { kind: 'stack', host: hostId, project: 'any' },
];
const plain: Body = () => ({});
/** What a row is sent so that it looks at what it names; with an id of `one` in each place of a body that takes one. */
const bodies: Readonly<Record<string, readonly Body[]>> = {
  updateHost: [() => ({ labels: { a: 'b' } })],
  renameTeam: [() => ({ name: 'a new name' })],
  renameHostGroup: [() => ({ name: 'a new name' })],
  updateRole: [() => ({ name: 'a new name', permissions: ['host:view'] })],
  updateUser: [() => ({ isDisabled: true })],
  resetUser: [plain],
  createServiceToken: [() => ({ name: 'x', permissions: ['host:view'], expiresInDays: 1 })],
  createGrant: [
    ({ teamId }, { hostId }) => ({ subject: { kind: 'team', id: teamId }, role: 'viewer', scope: { kind: 'host', host: hostId } }),
    ({ userId }, { hostId }) => ({ subject: { kind: 'user', id: userId }, role: 'viewer', scope: { kind: 'host', host: hostId } }),
    ...[0, 1, 2].map((at): Body => (one, { userId }) => ({
      subject: { kind: 'user', id: userId },
      role: 'viewer',
      scope: scopesOf(one)[at],
    })),
    (one, { hostId, userId }) => ({
      subject: { kind: 'user', id: userId },
      role: one.groupId,
      scope: { kind: 'host', host: hostId },
    }),
  ],
};

/** Queries that name something, with a name or an id of the other team or of nobody. */
const queries: Readonly<Record<string, readonly ((one: Ids, word: string) => string)[]>> = {
  explainAccess: [
    ...['host', 'container', 'stack', 'image', 'network', 'volume'].flatMap((kind) => [
      (one: Ids) => `?permission=container:start&resource=${kind}/${one.hostId}/${one.containerId}`,
      (_: Ids, word: string) => `?permission=container:start&resource=${kind}/${word}-host/${word}-web`,
    ]),
    (one) => `?permission=container:start&user=${one.userId}`,
    (_, word) => `?permission=container:start&user=${word}-keeper`,
  ],
  listAudit: [
    ({ hostId }) => `?host=${hostId}`,
    (_, word) => `?user=${word}-keeper`,
    (_, word) => `?text=${word}`,
    (_, word) => `?target=${word}`,
    ({ hostId }) => `?target=${hostId}`,
  ],
  exportAudit: [({ hostId }) => `?host=${hostId}`, (_, word) => `?user=${word}-keeper`, (_, word) => `?text=${word}`],
  listRecordings: [
    ({ hostId }) => `?host=${hostId}`,
    (_, word) => `?user=${word}-keeper`,
    (_, word) => `?container=${word}-web`,
    ({ containerId }) => `?container=${containerId}`,
  ],
};

const neutral = ({ status, body }: Answer, { one, word }: { one: Ids; word: string }): unknown => [
  status,
  [...Object.values(one), ...Object.values(missing), word].reduce((text, name) => text.replaceAll(name, '@'), JSON.stringify(body)),
];

/** Each swap of one id of a path; without a path that takes one, the one request that there is. */
function swapsOf(row: ContractRow, own: Ids, one: Ids): Record<string, string>[] {
  const names = [...row.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  return names.length === 0
    ? [{}]
    : names.map((name) => ({ ...paramsFrom(row, { ...own }), [name]: paramsFrom(row, { ...one })[name] ?? '' }));
}

test.each(everyone)(
  'of the %s team the %s gets for every id and name of the other, in every path, query and body, what is said of nothing, and changes nothing',
  async (team, who) => {
    const browser = people[team][who];
    const [own, foreign] = [ids[team], ids[otherOf(team)]];
    const before = await everything();
    const named = rows.filter(({ path, name }) => path.includes(':') || name in bodies || name in queries);
    // What searches comes first: the audit log has what is tried here.
    named.sort((one, other) => Number(other.name in queries) - Number(one.name in queries));
    let swaps = 0;
    for (const row of named) {
      const asks = [foreign, missing].map((one) => {
        const word = one === foreign ? words[otherOf(team)] : 'nothingness';
        const found = (bodies[row.name] ?? [undefined]).flatMap((body) =>
          swapsOf(row, own, one).flatMap((params) =>
            (queries[row.name] ?? [() => '']).map((query) => ({
              params,
              query: query(one, word),
              ...(body ? { body: body(one, own) } : {}),
            })),
          ),
        );
        return { found, one, word };
      });
      const [ofForeign, ofMissing] = asks;
      if (!ofForeign || !ofMissing) throw new Error('no requests');
      for (const [index, asked] of ofForeign.found.entries()) {
        const [one, other] = [await browser.call(row, asked), await browser.call(row, ofMissing.found[index])];
        expect([row.name, asked, neutral(one, ofForeign)]).toEqual([row.name, asked, neutral(other, ofMissing)]);
        swaps += 1;
      }
    }
    expect(swaps).toBeGreaterThan(60);
    expect(await everything()).toEqual(before);
  },
  180_000,
);

test('what is not one’s own takes as long as what is not there', async () => {
  const browser = people.red.deployer;
  const lines: readonly ((one: Ids) => string)[] = [
    ({ hostId }) => `/api/hosts/${hostId}`,
    ({ containerId }) => `/api/hosts/${ids.red.hostId}/containers/${containerId}/history?fromMs=0&toMs=1`,
    ({ hostId }) => `/engine/${hostId}/containers/json`,
    ({ containerId }) => `/engine/${ids.red.hostId}/containers/${containerId}/json`,
  ];
  for (const line of lines) {
    // The shortest of many says what it costs, however busy the machine is: where they seem to differ, more are tried.
    const shortest = { foreign: Infinity, missing: Infinity };
    const isAlike = (): boolean => shortest.foreign < 3 * shortest.missing && shortest.missing < 3 * shortest.foreign;
    for (let round = 0; round < 10 || (round < 300 && !isAlike()); round++) {
      for (const [whose, one] of [
        ['foreign', ids.blue],
        ['missing', missing],
      ] as const) {
        const startMs = performance.now();
        expect((await browser.call({ method: 'GET', path: line(one) as `/${string}` })).status).toBeGreaterThanOrEqual(400);
        shortest[whose] = Math.min(shortest[whose], performance.now() - startMs);
      }
    }
    expect([line(ids.blue), shortest, isAlike()]).toEqual([line(ids.blue), shortest, true]);
  }
});

test('the audit log of the owner has what both teams did: what was not shown above is there', async () => {
  const text = JSON.stringify((await owner.call(listAudit, { query: '?limit=500' })).body);
  for (const team of teams) expect(text).toContain(words[team]);
});
