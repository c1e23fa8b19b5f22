import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { closedAfterEach, eventually, temporaryDirectory } from '@gantry/base/testing';
import { DockerContexts } from '../docker/docker-contexts.ts';
import { type Ended, gantry, gantryAtTerminal, RunningGantry } from '../testing/gantry.ts';
import { password, Person } from '../testing/person.ts';
import { makeRoots } from '../testing/roots.ts';

const opened = closedAfterEach();
let closing = new AsyncDisposableStack();
let ada: Person;
let fingerprint: string;

beforeAll(async () => {
  closing = new AsyncDisposableStack();
  const roots = await makeRoots(closing);
  const server = closing.use(new RunningGantry(['server', '--port', '0', '--listen', '127.0.0.1', ...roots.words]));
  const [line] = await server.says(/^\{"event":"listening".*\}$/);
  const listening = JSON.parse(line) as { url: string; setupCode: string; fingerprint: string };
  ({ fingerprint } = listening);
  ada = await Person.meet(listening.url);
  await ada.setUp(listening.setupCode);
  const { code } = await ada.joinCode();
  const host = await makeRoots(closing);
  const joined = await gantry(['join', '--url', ada.url, '--engine', 'native', ...host.words], { input: code });
  expect(joined).toMatchObject({ status: 0 });
});
afterAll(() => closing.disposeAsync());

interface Laptop {
  readonly environment: NodeJS.ProcessEnv;
  readonly contexts: DockerContexts;
}

async function laptop(): Promise<Laptop> {
  const { path } = opened.use(await temporaryDirectory());
  const environment = { DOCKER_CONFIG: path, HOME: path };
  return { environment, contexts: new DockerContexts(path) };
}

function logIn({ environment }: Laptop, more: readonly string[] = [], input = `${password}\n`): Promise<Ended> {
  return gantry(['login', ada.url, '--user', 'ada', ...more], { environment, input });
}

interface Session {
  readonly id: string;
  readonly kind: string;
}

async function certificates(): Promise<string[]> {
  await ada.signIn();
  const { body } = await ada.ask('GET /api/me/sessions');
  return (body as Session[]).filter(({ kind }) => kind === 'certificate').map(({ id }) => id);
}

test('a server is trusted by its fingerprint alone; another login renews, and a logout leaves nothing on either side', async () => {
  const mine = await laptop();
  const refused = await logIn(mine, ['--fingerprint', '0'.repeat(64)]);
  expect(refused).toMatchObject({ status: 1, errors: expect.stringContaining(`its authority is ${fingerprint}, and not 000`) as string });
  expect(await logIn(mine)).toMatchObject({ status: 1, errors: expect.stringContaining(`--fingerprint ${fingerprint}`) as string });
  expect(await logIn(mine, ['--fingerprint', fingerprint], 'wrong-password\n')).toMatchObject({
    status: 1,
    errors: expect.stringContaining('wrong name or password') as string,
  });
  expect(mine.contexts.list()).toEqual([]);

  const first = await logIn(mine, ['--fingerprint', fingerprint.toUpperCase()]);
  expect(first).toMatchObject({ status: 0, errors: '' });
  const [context] = mine.contexts.list();
  expect(first.output).toContain(`docker --context ${context?.name ?? ''} ps\n`);
  expect(context?.host).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+\/engine\/[0-9a-f-]{36}$/);
  expect(await certificates()).toEqual([context?.mark.certificate]);

  expect(await logIn(mine)).toMatchObject({ status: 0, errors: '' }); // the authority is known by now
  const [renewed] = mine.contexts.list();
  expect(renewed?.mark.certificate).not.toBe(context?.mark.certificate);
  expect(await certificates()).toEqual([renewed?.mark.certificate]);

  expect(await gantry(['logout'], { environment: mine.environment })).toMatchObject({
    status: 0,
    output: expect.stringContaining(renewed?.name ?? '') as string,
  });
  expect([mine.contexts.list(), await certificates()]).toEqual([[], []]);
  expect(await gantry(['logout'], { environment: mine.environment })).toMatchObject({
    status: 1,
    errors: 'gantry: this machine is not signed in to any server\n',
  });
});

test('an API token stands for name and password, and a program without a terminal is asked nothing', async () => {
  const mine = await laptop();
  await ada.signIn();
  const made = await ada.ask('POST /api/me/tokens', { name: 'ci', permissions: ['host:view', 'container:list'], expiresInDays: 1 });
  const { token } = made.body as { token: string };
  const words = ['login', ada.url, '--token-file', '-', '--fingerprint', fingerprint];
  expect(await gantry(words, { ...mine, input: `${token}\n` })).toMatchObject({ status: 0, errors: '' });
  expect(mine.contexts.list()).toHaveLength(1);
  expect(await gantry(words, { ...mine, input: '' })).toMatchObject({
    status: 1,
    errors: expect.stringContaining('standard input holds no line') as string,
  });
  expect(await gantry(words, { ...mine, input: 'gantry_nonsense\n' })).toMatchObject({
    status: 1,
    errors: expect.stringContaining('sign in first') as string,
  });
});

test('a person at a terminal compares the fingerprint, and nothing is sent where it is another one', async () => {
  const refused = await gantryAtTerminal(['login', ada.url, '--user', 'ada'], { asked: '(yes/no)', typed: 'no' });
  expect([refused.status, refused.output]).toEqual([1, expect.stringContaining(fingerprint)]);
  expect(refused.output).toContain('nothing was sent to it');
});

test('a context of somebody else, a wrong host and wrong words stop it before anything is made', async () => {
  const mine = await laptop();
  const pin = ['--fingerprint', fingerprint];
  expect(await logIn(mine, [...pin, '--host', 'nowhere'])).toMatchObject({
    status: 1,
    errors: expect.stringContaining('has no host nowhere that you may use') as string,
  });
  expect(await gantry(['login'], mine)).toMatchObject({ status: 2 });
  expect(await gantry(['proxy', 'web1'], mine)).toMatchObject({
    status: 1,
    errors: expect.stringContaining('gantry login first') as string,
  });
  expect(await certificates()).not.toContain(undefined);

  await logIn(mine, pin);
  const [context] = mine.contexts.list();
  if (!context) throw new Error('no context');
  mine.contexts.write({ ...context, mark: { ...context.mark, server: 'https://other' } }, mine.contexts.keys(context.name));
  expect(await logIn(mine, pin)).toMatchObject({
    status: 1,
    errors: expect.stringContaining(`docker context ${context.name} of https://other already`) as string,
  });
});

test('a proxy says when its certificate has ended, and takes up a new one', async () => {
  const mine = await laptop();
  await logIn(mine, ['--fingerprint', fingerprint]);
  const [context] = mine.contexts.list();
  if (!context) throw new Error('no context');
  const socket = join(mine.environment['HOME'] ?? '', 'engine.sock');
  const proxy = opened.use(new RunningGantry(['proxy', context.mark.hostName, '--socket', socket], mine.environment));
  await proxy.says(/^export DOCKER_HOST=unix:/);
  const keys = mine.contexts.keys(context.name);
  mine.contexts.write({ ...context, mark: { ...context.mark, expiresAt: '2026-01-01T00:00:00Z' } }, keys);
  expect(await ask(socket)).toEqual({
    status: 502,
    text: expect.stringContaining('has ended at 2026-01-01T00:00:00Z: run gantry login') as string,
  });
  mine.contexts.write(context, keys);
  expect(await ask(socket)).toMatchObject({ status: 503 }); // the host joined, and its agent does not run
  await proxy.end('SIGTERM');
  await eventually(() => expect(readFile(socket)).rejects.toMatchObject({ code: 'ENOENT' }));
});

function ask(socketPath: string): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    get({ socketPath, path: '/containers/json', agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString())).on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, text }));
    }).on('error', reject);
  });
}

/** Runs a login by the browser, and answers for its code as somebody who is signed in. */
async function byBrowser(mine: Laptop, answer: 'approval' | 'refusal'): Promise<{ status: number | null; lines: readonly string[] }> {
  await ada.signIn();
  const running = opened.use(new RunningGantry(['login', ada.url, '--browser', '--fingerprint', fingerprint], mine.environment));
  const [, address, code] = await running.says(/open (\S+) in a browser where you are signed in, and enter the code (\S+)/);
  expect(address).toBe(`${ada.url}/approve`);
  const { body } = await ada.ask('POST /api/login-requests/search', { code });
  const { id, name } = body as { id: string; name: string };
  expect(name).toMatch(/^docker of \S+ on \S+/);
  expect(await ada.ask(`POST /api/login-requests/${id}/${answer}`, { code })).toMatchObject({ status: 204 });
  await once(running.child, 'close');
  return { status: running.child.exitCode, lines: running.lines };
}

test('somebody who is signed in in a browser lets the machine in by the code that it shows, or does not', async () => {
  const mine = await laptop();
  const refused = await byBrowser(mine, 'refusal');
  expect(refused).toMatchObject({
    status: 1,
    lines: expect.arrayContaining([expect.stringContaining('it was refused in the browser')]) as string[],
  });
  expect(mine.contexts.list()).toEqual([]);

  const { status, lines } = await byBrowser(mine, 'approval');
  const [context] = mine.contexts.list();
  expect([status, lines]).toEqual([0, expect.arrayContaining(['gantry: approved by ada', `docker --context ${context?.name ?? ''} ps`])]);
  expect(await certificates()).toContain(context?.mark.certificate);
  expect(await gantry(['login', ada.url, '--browser', '--user', 'ada'], { environment: mine.environment })).toMatchObject({
    status: 2,
    errors: expect.stringContaining('say one of them') as string,
  });
});
