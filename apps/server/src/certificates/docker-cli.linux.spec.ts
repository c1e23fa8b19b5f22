import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, eventually, temporaryDirectory } from '@gantry/base/testing';
import {
  AccessGrant,
  AuditEntry,
  createGrant,
  createJoinCode,
  endOwnSession,
  getMe,
  Host,
  listAudit,
  listHosts,
  listOwnSessions,
  listTerminals,
  LiveTerminal,
  Me,
  NewJoinCode,
  OwnSession,
  revokeGrant,
} from '@gantry/contract';
import { ask as askSocket, busyboxArchive, debianPython, type EngineUnderTest } from '@gantry/engine-api/testing';
import {
  addPerson,
  endsWithinASecond,
  type Finished,
  gantryWords,
  Laptop,
  type NativeAgent,
  ownersPassword,
  type Running,
  setUp,
  startNativeAgent,
  startTestServer,
  type TestBrowser,
  type TestServer,
  viewersPassword,
} from '../testing/index.ts';
import { ServerKeys } from '../tls/server-keys.ts';

/** The docker CLI on the machines of an owner, of somebody who deploys in the stack `red`, and of somebody who only looks at it. */
const opened = closedAfterEach();
const people = ['ada', 'rita', 'vera'] as const;
type Name = (typeof people)[number];
let closing: AsyncDisposableStack;
let server: TestServer;
let owner: TestBrowser;
let agent: NativeAgent;
let host: { id: string; name: string };
const browsers = new Map<Name, TestBrowser>();
const laptops = new Map<Name, Laptop>();
const grants = new Map<Name, string>();
const engine = (): EngineUnderTest => ({ kind: 'native', socketPath: agent.socketPath, enter: [] });

beforeAll(async () => {
  closing = new AsyncDisposableStack();
  server = closing.use(await startTestServer());
  owner = await setUp(server);
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  agent = closing.use(await startNativeAgent({ url: server.url, code }));
  await eventually(async () => {
    const [found] = Host.array().parse((await owner.call(listHosts)).body);
    expect(found?.link).toBe('live');
    host = { id: found?.id ?? '', name: found?.name ?? '' };
  });
  closing.defer(removeContainers);
  await root('POST /images/load?quiet=1', busyboxArchive());
  for (const [name, project] of [
    ['web', 'red'],
    ['db', 'blue'],
  ] as const)
    await plant(name, project);
  browsers.set('ada', owner);
  for (const name of ['rita', 'vera'] as const) {
    browsers.set(name, await addPerson(owner, name));
    await give(name);
  }
  for (const name of people) {
    laptops.set(name, closing.use(await Laptop.open()));
    await logIn(name);
  }
}, 180_000);
afterAll(() => closing.disposeAsync(), 180_000);

/** As root on the host, past the door. */
async function root(line: Parameters<typeof askSocket>[1], body?: unknown): Promise<unknown> {
  const answer = await askSocket(engine(), line, body === undefined ? {} : { body });
  if (answer.status >= 400) throw new Error(`${line}: ${answer.status} ${answer.message}`);
  return answer.value;
}

async function removeContainers(): Promise<void> {
  for (const { Id } of (await root('GET /containers/json?all=1')) as { Id: string }[]) await root(`DELETE /containers/${Id}?force=1&v=1`);
}

async function plant(name: string, project: string): Promise<void> {
  const made = (await root(`POST /containers/create?name=${name}`, {
    ...{ Image: 'busybox', Cmd: ['sh', '-c', `while :; do echo ${name} lives; sleep 0.1; done`], StopSignal: 'SIGKILL' },
    ...{ Labels: { 'com.docker.compose.project': project }, HostConfig: { NetworkMode: 'none' } },
  })) as { Id: string };
  await root(`POST /containers/${made.Id}/start`);
}

async function give(name: 'rita' | 'vera'): Promise<void> {
  const { id } = Me.parse((await of(browsers, name).call(getMe)).body);
  const [role, addOns] = name === 'rita' ? ['deployer', ['exec', 'files']] : ['viewer', []];
  const scope = { kind: 'stack', host: host.id, project: 'red' };
  const { body } = await owner.call(createGrant, { body: { subject: { kind: 'user', id }, role, addOns, scope } });
  grants.set(name, AccessGrant.parse(body).id);
}

async function logIn(name: Name): Promise<Finished> {
  const password = name === 'ada' ? ownersPassword : viewersPassword;
  const done = await of(laptops, name).gantry(['login', server.url, '--user', name], { input: `${password}\n` });
  expect(done).toMatchObject({ code: 0, stderr: '' });
  return done;
}

function of<T>(all: ReadonlyMap<Name, T>, name: Name): T {
  const found = all.get(name);
  if (found === undefined) throw new Error(`nothing of ${name}`);
  return found;
}

const context = (): string => `gantry-${host.name}`;
const docker = (name: Name, words: readonly string[], input?: string): Promise<Finished> =>
  of(laptops, name).docker(['--context', context(), ...words], input === undefined ? {} : { input });
const running = (name: Name, words: readonly string[]): Running =>
  opened.use(of(laptops, name).onTerminal(['--context', context(), ...words]));

test('ps shows what the person may see, and what they may not is refused by name', async () => {
  expect(await docker('ada', ['ps', '--format', '{{.Names}}'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^(web\ndb|db\nweb)\n$/) as string,
  });
  for (const name of ['rita', 'vera'] as const)
    expect(await docker(name, ['ps', '--format', '{{.Names}}'])).toEqual({ code: 0, stdout: 'web\n', stderr: '' });
  expect(await docker('vera', ['logs', '--tail', '1', 'web'])).toMatchObject({ code: 0, stdout: 'web lives\n' });
  expect(await docker('vera', ['exec', 'web', 'id'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('container:exec is needed') as string,
  });
  expect(await docker('vera', ['stop', 'web'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('container:stop is needed') as string,
  });
  const [foreign, missing] = [await docker('rita', ['logs', 'db']), await docker('rita', ['logs', 'xy'])];
  expect([foreign.code, foreign.stderr.replace('db', 'xy')]).toEqual([1, missing.stderr]);
});

/** Somebody's page of terminals comes to show exactly one. */
async function lists(name: Name, terminal: Partial<LiveTerminal>): Promise<void> {
  await eventually(async () =>
    expect(LiveTerminal.array().parse((await of(browsers, name).call(listTerminals)).body)).toMatchObject([terminal]),
  );
}

test('exec and run carry input to its end, output, a terminal and the exit status', async () => {
  const text = 'line\n'.repeat(20_000);
  expect(await docker('rita', ['exec', '-i', 'web', 'cat'], text)).toEqual({ code: 0, stdout: text, stderr: '' });
  expect(await docker('rita', ['exec', 'web', 'sh', '-c', 'echo out; echo err >&2; exit 7'])).toEqual({
    code: 7,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  expect(await docker('rita', ['run', '--rm', '-i', '--network', 'none', 'busybox', 'wc', '-l'], text)).toMatchObject({
    code: 0,
    stdout: '20000\n',
  });

  const shell = running('rita', ['exec', '-it', 'web', 'sh']);
  await eventually(() => expect(shell.text).toContain('#'));
  // A terminal of the docker CLI is one like all others: whoever may see it sees it.
  const present = [{ name: 'rita', mode: 'own' as const }];
  await lists('ada', { kind: 'exec', name: 'web', owner: 'rita', can: ['watch', 'join', 'end'], people: present });
  shell.child.stdin.write('echo $((6*7))-$(tty | wc -l); exit 3\n');
  await eventually(() => expect(shell.child.exitCode).toBe(3));
  expect(shell.text).toContain('42-1');
  const own = running('rita', ['run', '--rm', '-it', '--network', 'none', '--label', 'com.docker.compose.project=red', 'busybox', 'sh']);
  await eventually(() => expect(own.text).toContain('#'));
  await lists('rita', { kind: 'attach', isOwn: true });
  own.child.stdin.write('echo $((6*7))-own; exit 4\n');
  await eventually(() => expect(own.child.exitCode).toBe(4));
  expect(own.text).toContain('42-own');
  const rows = AuditEntry.array().parse((await owner.call(listAudit, { query: '?limit=50' })).body);
  expect(rows.find(({ action, who }) => action === 'ExecStart' && who === 'rita')).toMatchObject({
    outcome: 'done',
    details: { certificate: expect.stringMatching(/^docker of /) as string },
  });
}, 180_000);

test('cp brings files there and back', async () => {
  const { path } = opened.use(await temporaryDirectory());
  await writeFile(join(path, 'there'), 'carried\n', { mode: 0o640 });
  expect(await docker('rita', ['cp', join(path, 'there'), 'web:/tmp/there'])).toMatchObject({ code: 0 });
  expect(await docker('rita', ['exec', 'web', 'cat', '/tmp/there'])).toMatchObject({ stdout: 'carried\n' });
  expect(await docker('rita', ['cp', 'web:/tmp/there', join(path, 'back')])).toMatchObject({ code: 0 });
  expect([await readFile(join(path, 'back'), 'utf8'), (await stat(join(path, 'back'))).mode & 0o777]).toEqual(['carried\n', 0o640]);
  expect(await docker('vera', ['cp', 'web:/tmp/there', join(path, 'stolen')])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('files:read is needed') as string,
  });
});

test('events are those of what is seen', async () => {
  const events = running('rita', ['events', '--format', '{{.Action}} {{.Actor.Attributes.name}}']);
  const seen = async (): Promise<void> => {
    await root('POST /containers/db/restart?t=0');
    await root('POST /containers/web/restart?t=0');
    expect(events.text).toContain('restart web');
  };
  await eventually(seen, 40_000);
  expect(events.text).not.toContain('db');
}, 180_000);

/** What ends the certificate or the right; and what brings it back. */
const ways: Readonly<Record<string, { take: () => Promise<unknown>; bring: () => Promise<unknown> }>> = {
  'the grant is revoked': {
    take: () => owner.call(revokeGrant, { params: { grantId: of(grants, 'rita') } }),
    bring: () => give('rita'),
  },
  'the certificate is revoked': {
    take: async () => {
      const sessions = OwnSession.array().parse((await of(browsers, 'rita').call(listOwnSessions)).body);
      const mine = sessions.find(({ kind }) => kind === 'certificate');
      await of(browsers, 'rita').call(endOwnSession, { params: { sessionId: mine?.id ?? '' } });
    },
    bring: () => logIn('rita'),
  },
  'the person signs out': { take: () => of(laptops, 'rita').gantry(['logout']), bring: () => logIn('rita') },
};

test.each(Object.keys(ways))(
  'an open exec and a followed log end within a second when %s',
  async (name) => {
    const { take, bring } = ways[name] ?? { take: missing, bring: missing };
    const [shell, logs] = [running('rita', ['exec', '-it', 'web', 'sh']), running('rita', ['logs', '-f', 'web'])];
    await eventually(() => expect(shell.text).toContain('#'));
    await eventually(() => expect(logs.text).toContain('web lives'));
    const kept = of(laptops, 'rita');
    for (const one of [shell, logs]) expect([one.hasEnded, one.text]).toEqual([false, expect.anything()]);
    const ended = Promise.all([shell, logs].map(({ ends }) => ends));
    await endsWithinASecond(server, ended, take);
    expect((await kept.docker(['--context', context(), 'ps', '-q'])).stdout).toBe('');
    await bring();
    expect(await docker('rita', ['ps', '--format', '{{.Names}}'])).toMatchObject({ stdout: 'web\n' });
  },
  180_000,
);

function missing(): never {
  throw new Error('no such way');
}

test('a build gets as far as the engine, which says that it has none; who may not build is told so before', async () => {
  const { path } = opened.use(await temporaryDirectory());
  await writeFile(join(path, 'Dockerfile'), 'FROM busybox\n');
  const build = (name: Name): Promise<Finished> =>
    of(laptops, name).docker(['--context', context(), 'build', '-t', 'made', path], { environment: { DOCKER_BUILDKIT: '0' } });
  expect(await build('vera')).toMatchObject({ code: 1, stderr: expect.stringContaining('image:build is needed') as string });
  const built = await build('ada');
  if (built.code !== 0) expect(built.stderr).toMatch(/not (supported|implemented)/i);
});

test('docker-compose 1.29, which knows no path in a host, works through gantry proxy', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const socket = join(path, 'engine.sock');
  const proxy = opened.use(of(laptops, 'rita').running(gantryWords(['proxy', host.name, '--socket', socket])));
  await eventually(() => expect(proxy.text).toBe(`export DOCKER_HOST=unix://${socket}\n`));
  expect((await stat(socket)).mode & 0o777).toBe(0o600);
  const task = { image: 'busybox', command: "sh -c 'echo from compose; sleep 600'", stop_signal: 'SIGKILL' };
  await writeFile(join(path, 'docker-compose.yml'), JSON.stringify({ version: '2.4', services: { task } }));
  const python = debianPython();
  const environment = {
    ...python.environment,
    DOCKER_HOST: `unix://${socket}`,
    COMPOSE_PROJECT_NAME: 'red',
    COMPOSE_INTERACTIVE_NO_CLI: '1',
  };
  const compose = (words: readonly string[], input?: string): Promise<Finished> =>
    of(laptops, 'rita').run([python.program, python.compose, '-f', join(path, 'docker-compose.yml'), ...words], {
      environment,
      ...(input === undefined ? {} : { input }),
    });

  const up = await compose(['up', '-d']);
  expect([up.code, up.stderr]).toEqual([0, expect.stringContaining('Creating red_task_1') as string]);
  expect(await compose(['ps'])).toMatchObject({ stdout: expect.stringMatching(/red_task_1 .* Up/) as string });
  expect(await compose(['logs', '--no-color', 'task'])).toMatchObject({
    stdout: expect.stringContaining('task_1  | from compose') as string,
  });
  expect(await compose(['exec', '-T', 'task', 'sh', '-c', 'echo inside; exit 5'])).toMatchObject({ code: 5, stdout: 'inside\n' });
  // A body in pieces, a hijacked stream and half-closes, by a client that is no browser of paths either.
  const direct = (words: readonly string[], input: string): Promise<Finished> =>
    of(laptops, 'rita').docker(['-H', `unix://${socket}`, ...words], { input });
  expect(await direct(['exec', '-i', 'red_task_1', 'cat'], 'through\n'.repeat(5_000))).toMatchObject({
    code: 0,
    stdout: 'through\n'.repeat(5_000),
  });
  expect(await compose(['down', '-t', '0'])).toMatchObject({ code: 0 });
  expect(await of(laptops, 'rita').docker(['-H', `unix://${socket}`, 'exec', 'db', 'id'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('No such container: db') as string,
  });
}, 180_000);

test('without a good certificate the CLI is told what to do', async () => {
  const laptop = opened.use(await Laptop.open());
  const { authority } = await ServerKeys.open(server.config.dataRoot);
  const ca = join(laptop.config, 'authority.pem');
  await writeFile(ca, authority.certificate);
  const at = ['-H', `tcp://127.0.0.1:${server.enginePort ?? 0}/engine/${host.id}`];
  const refused = await laptop.docker([...at, '--tlsverify', '--tlscacert', ca, 'ps']);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('gantry login makes one') as string]);
  const inClear = await laptop.docker([...at, 'ps']);
  expect([inClear.code, inClear.stderr]).toEqual([1, expect.stringContaining('speaks https only') as string]);
});
