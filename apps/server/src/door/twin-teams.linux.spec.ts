import { eventually } from '@gantry/base/testing';
import { createGrant, createJoinCode, getMe, Host, listHosts, Me, NewJoinCode } from '@gantry/contract';
import { routes } from '@gantry/engine-api';
import { ask as askSocket, busyboxArchive, type EngineUnderTest } from '@gantry/engine-api/testing';
import {
  addPerson,
  type Names,
  type NativeAgent,
  requestWith,
  setUp,
  startNativeAgent,
  startTestServer,
  swappable,
  type TestBrowser,
  type TestServer,
} from '../testing/index.ts';

/** Words that stand in every field of a team's objects and nowhere else. */
const words = { red: 'zebrafisk', blue: 'quaggabeest' } as const;
type Team = keyof typeof words;
const teams = ['red', 'blue'] as const;
const otherOf = (team: Team): Team => (team === 'red' ? 'blue' : 'red');

interface Told {
  readonly status: number;
  readonly text: string;
}

let server: TestServer;
let owner: TestBrowser;
let agent: NativeAgent;
let hostId: string;
const people = new Map<Team, TestBrowser>();
const ids: Record<Team, Names> = { red: noNames(), blue: noNames() };
const engine = (): EngineUnderTest => ({ kind: 'native', socketPath: agent.socketPath, enter: [] });

beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  agent = await startNativeAgent({ url: server.url, code });
  await eventually(async () => {
    const [host] = Host.array().parse((await owner.call(listHosts)).body);
    expect(host?.link).toBe('live');
    hostId = host?.id ?? '';
  });
  await root('POST /images/load?quiet=1', busyboxArchive());
  for (const team of teams) {
    people.set(team, await member(team));
    ids[team] = await plant(team);
  }
}, 180_000);
afterAll(async () => {
  for (const { Id } of (await root('GET /containers/json?all=1')) as { Id: string }[]) await root(`DELETE /containers/${Id}?force=1&v=1`);
  await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
}, 180_000);

/** As root on the host, past the door. */
async function root(line: Parameters<typeof askSocket>[1], body?: unknown): Promise<unknown> {
  const answer = await askSocket(engine(), line, body === undefined ? {} : { body });
  if (answer.status >= 400) throw new Error(`${line}: ${answer.status} ${answer.message}`);
  return answer.value;
}

/** Somebody who deploys in the stack of the team, and has no other right. */
async function member(team: Team): Promise<TestBrowser> {
  const browser = await addPerson(owner, team);
  const { id } = Me.parse((await browser.call(getMe)).body);
  const scope = { kind: 'stack', host: hostId, project: words[team] };
  const body = { subject: { kind: 'user', id }, role: 'deployer', addOns: ['exec', 'files'], scope };
  expect((await owner.call(createGrant, { body })).status).toBe(201);
  return browser;
}

/** As somebody of the team, through the server's engine door. */
async function as(team: Team, line: string, body?: unknown): Promise<Told> {
  const [method = '', target = ''] = line.split(' ');
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers = { ...people.get(team)?.headers, ...type };
  const response = await fetch(`${server.url}/engine/${hostId}${target}`, { method, headers, ...sent });
  return { status: response.status, text: await response.text() };
}

/** An image, a network, a volume, a running container and an exec of a team, with its word in every field. */
async function plant(team: Team): Promise<Names> {
  const word = words[team];
  const Labels = { 'com.docker.compose.project': word, note: `${word}-label` };
  await root(`POST /containers/create?name=${word}-maker`, { Image: 'busybox', Cmd: ['true'], HostConfig: { NetworkMode: 'none' } });
  const changes = `changes=${encodeURIComponent(`ENV IMAGE=${word}-image`)}&changes=${encodeURIComponent(`LABEL from=${word}-image`)}`;
  const { Id: image } = (await root(
    `POST /commit?container=${word}-maker&repo=${word}/app&tag=1&comment=${word}-comment&author=${word}-author&${changes}`,
    {},
  )) as { Id: string };
  await root(`DELETE /containers/${word}-maker`);
  const { Id: network } = (await root('POST /networks/create', { Name: `${word}-net`, Labels })) as { Id: string };
  await root('POST /volumes/create', { Name: `${word}-vol`, Labels });
  const { Id: container } = (await root(`POST /containers/create?name=${word}-web`, {
    ...{
      Image: `${word}/app:1`,
      Hostname: `${word}-host`,
      Env: [`VALUE=${word}-env`],
      Labels,
      Cmd: ['sh', '-c', `echo ${word}-log; sleep 1000`],
    },
    HostConfig: { NetworkMode: `${word}-net`, Binds: [`${word}-vol:/${word}-path`], ExtraHosts: [`${word}-extra:127.0.0.1`] },
  })) as { Id: string };
  await root(`POST /containers/${container}/start`);
  const made = await as(team, `POST /containers/${word}-web/exec`, { Cmd: ['echo', `${word}-exec`] });
  expect(made.status).toBe(201);
  return { container, network, volume: `${word}-vol`, image, exec: (JSON.parse(made.text) as { Id: string }).Id };
}

function noNames(): Names {
  return { container: '', network: '', volume: '', image: '', exec: '' };
}

/** The beginnings of a team's ids, as Docker shows them. */
function hexOf(team: Team): string[] {
  const { container, network, image, exec } = ids[team];
  return [container, network, image, exec].map((id) => id.replace('sha256:', '').slice(0, 12));
}

/** All that there is, as root sees it. */
async function everything(): Promise<unknown> {
  const lists = ['GET /containers/json?all=1', 'GET /networks', 'GET /volumes', 'GET /images/json'] as const;
  const found = await Promise.all(lists.map((line) => root(line)));
  const inspected = await Promise.all(teams.map((team) => root(`GET /containers/${ids[team].container}/json`)));
  return JSON.parse(JSON.stringify([found, inspected], (name, value: unknown) => (name === 'Status' ? undefined : value)));
}

/** Each way to name the other team's object, and a name of the same form that nobody has. */
function pairsOf(team: Team, object: keyof Names): [foreign: string, missing: string][] {
  const id = ids[team][object].replace('sha256:', '');
  const word = words[team];
  const hex: [string, string][] = [
    [id, `ffff${id.slice(4, -4)}0000`],
    [id.slice(0, 12), 'ffffffffff00'],
  ];
  switch (object) {
    case 'container':
      return [...hex, [`${word}-web`, 'nothing-web']];
    case 'network':
      return [...hex, [`${word}-net`, 'nothing-net']];
    case 'volume':
      return [[`${word}-vol`, 'nothing-vol']];
    case 'image':
      return [
        ...hex.map(([one, other]): [string, string] => [one, other]),
        [`sha256:${id}`, `sha256:ffff${id.slice(4)}`],
        [`${word}/app:1`, 'nothing/app:1'],
        [`${word}/app`, 'nothing/app'],
      ];
    case 'exec':
      return [[id, `ffff${id.slice(4)}`]];
  }
}

const neutral = ({ status, text }: Told, name: string): [number, string] => [
  status,
  text.replaceAll(name, '@').replaceAll(name.replace('sha256:', ''), '@'),
];

test.each(teams)(
  'the %s team: every name of the other’s objects in every path, query, filter and body is as one that is not there, and does nothing',
  async (team) => {
    const before = await everything();
    let swaps = 0;
    for (const route of routes) {
      for (const reference of swappable(route)) {
        for (const [foreign, missing] of pairsOf(otherOf(team), reference.object as keyof Names)) {
          const requests = [foreign, missing].map((name) => requestWith(route, ids[team], { reference, name }));
          const [one, other] = await Promise.all(requests.map(({ line, body }) => as(team, line, body)));
          if (!one || !other) throw new Error('no answers');
          expect([route.name, reference.at, foreign, ...neutral(one, foreign)]).toEqual([
            route.name,
            reference.at,
            foreign,
            ...neutral(other, missing),
          ]);
          if (reference.in !== 'filter') expect([route.name, reference.at, one.status >= 400]).toEqual([route.name, reference.at, true]);
          swaps++;
        }
      }
    }
    expect(await everything()).toEqual(before);
    expect(swaps).toBeGreaterThan(200);
  },
  300_000,
);

test.each(teams)(
  'the %s team never reads a word or an id of the other',
  async (team) => {
    const other = otherOf(team);
    const secrets = new RegExp([words[other], ...hexOf(other)].join('|'));
    const readings = routes
      .filter(({ method, kind, name }) => method === 'GET' && kind !== 'hijack' && name !== 'SystemEvents')
      .map((route) =>
        requestWith(route, ids[team])
          .line.replace('/stats', '/stats?stream=0')
          .replace('/logs', '/logs?stdout=1')
          .replace('/archive', '/archive?path=/etc'),
      );
    const until = Math.ceil(Date.now() / 1000) + 3;
    const events = as(team, `GET /events?since=0&until=${until}`);
    const word = words[other];
    await root(`POST /containers/create?name=${word}-brief`, {
      Image: `${word}/app:1`,
      Cmd: ['true'],
      Labels: { 'com.docker.compose.project': word },
    });
    await root(`POST /networks/${word}-net/connect`, { Container: `${word}-brief` });
    await root(`POST /containers/${word}-brief/start`);
    await root(`POST /containers/${word}-brief/wait`);
    await root(`DELETE /containers/${word}-brief`);
    await root('POST /volumes/create', { Name: `${word}-more`, Labels: { 'com.docker.compose.project': word } });
    await root(`DELETE /volumes/${word}-more`);
    for (const line of [
      ...readings,
      'GET /containers/json?all=1&size=1',
      'GET /images/json?all=1&digests=1',
      'GET /system/df?verbose=1',
      'GET /networks?filters={"name":["-net"]}',
    ]) {
      const { text } = await as(team, line);
      expect([line, secrets.exec(text)?.[0]]).toEqual([line, undefined]);
    }
    const { text } = await events;
    expect(text).toContain(words[team]);
    expect(secrets.exec(text)?.[0]).toBeUndefined();
  },
  180_000,
);

test.each(teams)('the %s team cannot take a name that the other has, and learns no more than that', async (team) => {
  const word = words[otherOf(team)];
  const foreignIds = new RegExp(hexOf(otherOf(team)).join('|'));
  const own = { Image: `${words[team]}/app:1`, HostConfig: { NetworkMode: `${words[team]}-net` } };
  const before = await everything();
  for (const [line, body] of [
    [`POST /containers/create?name=${word}-web`, own],
    [`POST /containers/${words[team]}-web/rename?name=${word}-web`, undefined],
    ['POST /volumes/create', { Name: `${word}-vol` }],
    ['POST /networks/create', { Name: `${word}-net` }],
  ] as const) {
    const { status, text } = await as(team, line, body);
    expect([line, status]).toEqual([line, 409]);
    expect(text).not.toMatch(foreignIds);
  }
  expect(await everything()).toEqual(before);
});

test.each(teams)('the %s team does in its own stack what its role allows', async (team) => {
  const word = words[team];
  const made = await as(team, `POST /containers/create?name=${word}-two`, {
    ...{ Image: `${word}/app:1`, Cmd: ['sleep', '1000'] },
    HostConfig: { NetworkMode: `${word}-net`, Binds: [`${word}-vol:/data`] },
  });
  expect(made.status).toBe(201);
  expect((await as(team, `POST /containers/${word}-two/start`)).status).toBe(204);
  const { text } = await as(team, `GET /containers/${word}-two/json`);
  expect(JSON.parse(text)).toMatchObject({
    Config: { Labels: { 'gantry.stack': word } },
    NetworkSettings: { Networks: { [`${word}-net`]: {} } },
  });
  expect((await as(team, 'GET /containers/json')).text).toContain(`${word}-two`);
  expect((await as(otherOf(team), 'GET /containers/json')).text).not.toContain(`${word}-two`);
  expect((await as(team, `POST /networks/${word}-net/disconnect`, { Container: `${word}-two`, Force: true })).status).toBe(200);
  expect((await as(team, `DELETE /containers/${word}-two?force=1`)).status).toBe(204);
});
