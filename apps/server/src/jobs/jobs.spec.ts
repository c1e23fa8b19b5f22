import { closedAfterEach, eventually } from '@gantry/base/testing';
import {
  browserNamespace,
  browserSocket,
  cancelJob,
  createGrant,
  createHostGroup,
  createJob,
  createJoinCode,
  createRole,
  EventPage,
  getFleet,
  getMe,
  HostGroup,
  Job,
  JobsMessage,
  listEvents,
  listJobs,
  Me,
  NewJoinCode,
  Role,
} from '@gantry/contract';
import { ApiVersion, empty, json, jsonStream, messages, routed } from '@gantry/engine-api';
import { Failure } from '@gantry/base';
import { serveEngineOver } from '@gantry/link';
import { io } from 'socket.io-client';
import { addPerson, container, setUp, startTestServer, TestAgent, type TestBrowser, type TestServer } from '../testing/index.ts';

const opened = closedAfterEach();
const [web, db, gone] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
let server: TestServer;
let owner: TestBrowser;
/** Sees what belongs to the stack `shop` only. */
let shopkeeper: TestBrowser;
let agent: TestAgent;
let isHanging = true;

/** Two containers, and a pull that goes on until it is let go. */
const engine = routed(
  {
    ContainerInspect: ({ id }) => Promise.resolve(json(200, { Id: known(id), Config: { Labels: labelsOf(id) } })),
    ContainerList: () =>
      Promise.resolve(
        json(
          200,
          [web, db].map((Id) => ({ Id, Names: [`/${Id[0] ?? ''}`], Labels: labelsOf(Id) })),
        ),
      ),
    ContainerRestart: ({ id }) => {
      known(id);
      return Promise.resolve(empty(204, { 'x-gantry-sequence': '9' }));
    },
    ImageInspect: () => Promise.resolve(json(200, { Id: `sha256:${'1'.repeat(64)}`, RepoTags: ['nginx:1'], Config: { Labels: null } })),
    ImageCreate: ({ signal }) => Promise.resolve(jsonStream(pulling(signal))),
    VolumePrune: () => Promise.resolve(json(200, { VolumesDeleted: ['x', 'y'], SpaceReclaimed: 5 })),
  },
  { server: 'Test/1 (linux)', versions: { oldest: ApiVersion.oldest, newest: ApiVersion.newest } },
);

function known(id: string): string {
  if (id === web || id === db) return id;
  throw new Failure('not-found', messages.noSuchContainer(id));
}

function labelsOf(id: string): Record<string, string> {
  return id === web ? { 'com.docker.compose.project': 'shop' } : {};
}

async function* pulling(signal: AbortSignal): AsyncGenerator<object> {
  yield await Promise.resolve({ id: 'layer', status: 'Downloading', progressDetail: { current: 3, total: 10 } });
  while (isHanging && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
  signal.throwIfAborted();
  yield { id: 'layer', status: 'Pull complete' };
  yield { status: 'Status: Downloaded newer image for nginx:1' };
}

beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  agent = await TestAgent.join(server.url, code, { serve: (wire) => void serveEngineOver(wire, engine, { caller: 'as-told' }) });
  const upserts = [container('a', { labels: labelsOf(web) }), container('b')];
  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts, gone: [] } }));
  for (const id of [web, db]) {
    const body = { type: 'container', action: 'start', actorId: id, attributes: { name: `web-${id[0] ?? ''}` }, atMs: Date.now() };
    agent.spool.append(() => ({ kind: 'event', body }));
  }
  await eventually(async () => expect((await owner.call(getFleet)).body).toMatchObject({ rows: [{}, {}] }));
  shopkeeper = await addPerson(owner, 'sid');
  const { id } = Me.parse((await shopkeeper.call(getMe)).body);
  const scope = { kind: 'stack', host: agent.id, project: 'shop' };
  expect((await owner.call(createGrant, { body: { subject: { kind: 'user', id }, role: 'operator', scope } })).status).toBe(201);
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => (isHanging = true));

async function begin(browser: TestBrowser, body: object): Promise<Job> {
  const answer = await browser.call(createJob, { body });
  expect(answer.status).toBe(201);
  return Job.parse(answer.body);
}

async function jobOf(browser: TestBrowser, id: string): Promise<Job | undefined> {
  return Job.array()
    .parse((await browser.call(listJobs)).body)
    .find((job) => job.id === id);
}

async function ended(browser: TestBrowser, id: string): Promise<Job> {
  let job: Job | undefined;
  await eventually(async () => {
    job = await jobOf(browser, id);
    expect(job?.endedAtMs).toBeDefined();
  });
  return job as Job;
}

const target = (id: string): object => ({ host: agent.id, id });

test('an action on many containers tells of each what came of it, and one that fails stops no other', async () => {
  const { id } = await begin(owner, { kind: 'containers', verb: 'restart', targets: [web, gone, db].map(target) });
  const job = await ended(owner, id);

  expect(job).toMatchObject({ kind: 'containers', action: 'restart', who: 'ada', isOwn: true, state: 'failed' });
  expect(job.steps.map(({ name, state }) => [name, state])).toEqual([
    ['web-a', 'done'],
    [gone.slice(0, 12), 'failed'],
    ['web-b', 'done'],
  ]);
  expect(job.steps[0]?.sequence).toBe(9);
  expect(job.steps[1]?.failure).toMatch(/No such container/);
});

test('others see of a job those steps that are theirs to see, and no count or name of the rest', async () => {
  const { id } = await begin(owner, { kind: 'containers', verb: 'restart', targets: [db, web].map(target) });
  await ended(owner, id);
  const seen = await jobOf(shopkeeper, id);
  const prune = await begin(owner, { kind: 'prune', what: 'volumes', hosts: [agent.id] });
  await ended(owner, prune.id);

  expect(seen).toMatchObject({ isOwn: false, mayCancel: false });
  expect(seen?.steps.map(({ name }) => name)).toEqual(['web-a']);
  expect(await jobOf(shopkeeper, prune.id)).toBeUndefined();
  expect((await shopkeeper.call(cancelJob, { params: { jobId: prune.id } })).status).toBe(404);
  expect((await shopkeeper.call(cancelJob, { params: { jobId: id } })).status).toBe(403);
});

test('each step is decided as if it had been asked for by itself', async () => {
  const { id } = await begin(shopkeeper, { kind: 'containers', verb: 'restart', targets: [web, db].map(target) });
  const job = await ended(shopkeeper, id);

  expect(job.steps.map(({ state }) => state)).toEqual(['done', 'failed']);
  expect(JSON.stringify(job)).not.toContain('web-b');
  const pull = await ended(shopkeeper, (await begin(shopkeeper, { kind: 'pull', reference: 'nginx:1', hosts: [agent.id] })).id);
  expect(pull.state).toBe('failed');
});

test('a pull tells how far it is to every page, goes on without one, and ends when it is cancelled', async () => {
  const heard: JobsMessage[] = [];
  const socket = io(`${server.url}${browserNamespace}`, { transports: ['websocket'], forceNew: true, extraHeaders: owner.headers });
  opened.defer(() => void socket.disconnect());
  socket.on(browserSocket.jobs.event, (message) => heard.push(JobsMessage.parse(message)));
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  const { id } = await begin(owner, { kind: 'pull', reference: 'nginx:1', hosts: [agent.id] });
  const isHalfWay = { progress: { bytes: 3, totalBytes: 10 }, state: 'running' };
  await eventually(() =>
    expect(heard.flatMap(({ upserts }) => upserts.flatMap(({ steps }) => steps))).toContainEqual(expect.objectContaining(isHalfWay)),
  );
  socket.disconnect();

  expect((await owner.call(cancelJob, { params: { jobId: id } })).status).toBe(204);
  expect((await ended(owner, id)).steps).toMatchObject([{ state: 'cancelled' }]);

  isHanging = false;
  const whole = await ended(owner, (await begin(owner, { kind: 'pull', reference: 'nginx:1', hosts: [agent.id] })).id);
  expect(whole).toMatchObject({ state: 'done', reference: 'nginx:1' });
  expect(whole.steps).toMatchObject([{ progress: { bytes: 10, totalBytes: 10 }, said: expect.stringContaining('Downloaded') as string }]);
});

test('what a docker client pulls or cleans up is a job, too, and a call that is refused is none', async () => {
  isHanging = false;
  const ask = (browser: TestBrowser, path: string): Promise<Response> =>
    fetch(`${server.url}/engine/${agent.id}/v1.51${path}`, { method: 'POST', headers: browser.headers });
  await (await ask(owner, '/images/create?fromImage=redis&tag=8')).text();
  await (await ask(owner, '/volumes/prune')).text();
  expect((await ask(shopkeeper, '/volumes/prune')).status).toBe(403);

  await eventually(async () => {
    const jobs = Job.array().parse((await owner.call(listJobs)).body);
    expect(jobs.find(({ reference }) => reference === 'redis:8')).toMatchObject({ kind: 'call', action: 'ImageCreate', state: 'done' });
    expect(jobs.filter(({ kind, action }) => kind === 'call' && action === 'VolumePrune')).toHaveLength(1);
  });
});

test('who may run jobs nowhere runs none, whatever else is theirs', async () => {
  const viewer = await addPerson(owner, 'vera', 'viewer');
  const answer = await viewer.call(createJob, { body: { kind: 'pull', reference: 'nginx:1', hosts: [agent.id] } });
  expect(answer).toMatchObject({ status: 403, body: { message: expect.stringContaining('job:run') as string } });
});

test('a job about a container takes job:run on it: to have it elsewhere is not enough', async () => {
  const permissions = ['container:list', 'container:restart'] as const;
  const restarter = Role.parse((await owner.call(createRole, { body: { name: 'restarter', permissions: [...permissions] } })).body);
  const rita = await addPerson(owner, 'rita');
  const { id } = Me.parse((await rita.call(getMe)).body);
  for (const [role, project] of [
    [restarter.id, 'shop'],
    ['operator', 'other'],
  ] as const) {
    const scope = { kind: 'stack', host: agent.id, project } as const;
    expect((await owner.call(createGrant, { body: { subject: { kind: 'user', id }, role, scope } })).status).toBe(201);
  }

  const job = await ended(rita, (await begin(rita, { kind: 'containers', verb: 'restart', targets: [target(web)] })).id);

  expect(job.steps).toMatchObject([{ name: 'web-a', state: 'failed', failure: 'job:run is needed on the container' }]);
});

test('a job about a host takes job:run on it: to have it on another is not enough, whatever else is theirs there', async () => {
  const permissions = ['host:view', 'image:pull', 'host:prune'] as const;
  const puller = Role.parse((await owner.call(createRole, { body: { name: 'puller', permissions: [...permissions] } })).body);
  const pia = await addPerson(owner, 'pia');
  const { id } = Me.parse((await pia.call(getMe)).body);
  const group = HostGroup.parse((await owner.call(createHostGroup, { body: { name: 'elsewhere' } })).body);
  for (const [role, scope] of [
    [puller.id, { kind: 'host', host: agent.id }],
    ['operator', { kind: 'group', group: group.id }],
  ] as const)
    expect((await owner.call(createGrant, { body: { subject: { kind: 'user', id }, role, scope } })).status).toBe(201);

  for (const wish of [
    { kind: 'pull', reference: 'nginx:1', hosts: [agent.id] },
    { kind: 'prune', what: 'volumes', hosts: [agent.id] },
  ])
    expect((await ended(pia, (await begin(pia, wish)).id)).steps).toMatchObject([
      { state: 'failed', failure: 'job:run is needed on the host' },
    ]);
});

test('a wish that makes no sense is refused and named', async () => {
  for (const body of [
    { kind: 'pull', reference: 'a b', hosts: [agent.id] },
    { kind: 'containers', verb: 'explode', targets: [target(web)] },
    { kind: 'prune', what: 'volumes', hosts: [] },
  ])
    expect((await owner.call(createJob, { body })).status).toBe(400);
});

test('what happened is listed page by page within what somebody may see, by host, kind, action and words', async () => {
  const list = async (browser: TestBrowser, query: string): Promise<EventPage> =>
    EventPage.parse((await browser.call(listEvents, { query })).body);
  await eventually(async () => expect((await list(owner, '')).events).toHaveLength(2));

  const first = await list(owner, '?limit=1');
  const second = await list(owner, `?limit=1&before=${first.next ?? ''}`);
  expect([...first.events, ...second.events].map(({ name }) => name)).toEqual(['web-b', 'web-a']);
  expect((await list(shopkeeper, '')).events.map(({ name }) => name)).toEqual(['web-a']);
  expect((await list(owner, `?host=${agent.id}&type=container&action=sta&text=WEB-b`)).events).toHaveLength(1);
  expect((await list(owner, '?without=sta')).events).toEqual([]);
  expect((await list(owner, '?without=exec_')).events).toHaveLength(2);
  expect((await list(owner, '?type=image')).events).toEqual([]);
  expect((await list(owner, `?untilMs=${Date.now() - 86_400_000}`)).events).toEqual([]);
});
