import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import { type ExternalPostgres, startExternalPostgres } from '@gantry/db/testing';
import { startDockerd } from '@gantry/engine-api/testing';
import { type Ended, gantry, gantryAtTerminal, RunningGantry } from '../testing/gantry.ts';
import { Person } from '../testing/person.ts';
import { makeRoots, type Roots } from '../testing/roots.ts';

const opened = closedAfterEach();
let closing = new AsyncDisposableStack();
let postgres: ExternalPostgres;
let ada: Person;

beforeAll(async () => {
  closing = new AsyncDisposableStack();
  postgres = closing.use(await startExternalPostgres());
  const roots = await makeRoots(closing);
  const words = ['server', '--port', '0', '--listen', '127.0.0.1', ...roots.words];
  const server = closing.use(new RunningGantry(words, { DATABASE_URL: postgres.url }));
  const [line] = await server.says(/^\{"event":"listening".*\}$/);
  const { url, setupCode } = JSON.parse(line) as { url: string; setupCode: string };
  ada = await Person.meet(url);
  await ada.setUp(setupCode);
});
afterAll(() => closing.disposeAsync());

function joinHost({ words }: Roots, code: string, more: readonly string[] = []): Promise<Ended> {
  return gantry(['join', '--url', ada.url, ...words, ...more], { input: `${code}\n` });
}

const hostWith = async (id: string): Promise<unknown> => (await ada.hosts()).find((host) => host.id === id);
const idIn = ({ output }: Ended): string => /joined \S+ as (\S+)/.exec(output)?.[1] ?? '';

test('a host joins with a code from standard input, says what to do next, and its agent connects with our own engine', async () => {
  const roots = await makeRoots(opened);
  const { code } = await ada.joinCode({ labels: { site: 'lab' } });

  const joined = await joinHost(roots, code, ['--engine', 'native']);

  expect(joined).toMatchObject({ status: 0, errors: '' });
  expect(joined.output).toContain(`next: ./gantry agent --data-root ${roots.data} --run-root ${roots.run} runs the agent`);
  const agent = opened.use(new RunningGantry(['agent', ...roots.words]));
  await agent.says(/"event":"connected"/);
  await eventually(async () =>
    expect(await hostWith(idIn(joined))).toMatchObject({ link: 'live', labels: { site: 'lab' }, facts: { engine: { kind: 'native' } } }),
  );
});

test('a host that was removed and joins again is taken over by its agent, which ends to be started anew', async () => {
  const roots = await makeRoots(opened);
  const first = await joinHost(roots, (await ada.joinCode()).code, ['--engine', 'native']);
  const agent = opened.use(new RunningGantry(['agent', ...roots.words]));
  await agent.says(/"event":"connected"/);
  expect(await ada.ask(`DELETE /api/hosts/${idIn(first)}`)).toMatchObject({ status: 204 });

  const second = await joinHost(roots, (await ada.joinCode()).code);
  expect(second).toMatchObject({ status: 0, errors: '' });
  await agent.says(/^agent: this host has joined \S+ meanwhile: the agent has to start again$/);
  await eventually(() => expect(agent.child.exitCode).toBe(1));
  opened.use(new RunningGantry(['agent', ...roots.words]));

  await eventually(async () => expect(await hostWith(idIn(second))).toMatchObject({ link: 'live' }), 30_000);
  expect(await hostWith(idIn(first))).toBeUndefined();
});

test('a person at a terminal is asked for the code, and types it', async () => {
  const roots = await makeRoots(opened);
  const { code } = await ada.joinCode();
  const words = ['join', '--url', ada.url, '--engine', 'native', ...roots.words];

  const { status, output } = await gantryAtTerminal(words, { asked: 'join code: ', typed: code });

  expect([status, output]).toEqual([0, expect.stringContaining(`this host joined ${ada.url} as `)]);
});

test('a host joins with a code from a file, and its agent drives the Docker that was chosen', async () => {
  const dockerd = opened.use(await startDockerd());
  const roots = await makeRoots(opened);
  const file = join(roots.directory, 'code');
  await writeFile(file, (await ada.joinCode()).code);
  const choice = ['--engine', 'docker', '--docker-socket', dockerd.socketPath];

  const joined = await gantry(['join', '--url', ada.url, '--code-file', file, ...roots.words, ...choice]);
  expect(joined).toMatchObject({ status: 0, errors: '' });

  const agent = opened.use(new RunningGantry(['agent', '--docker-socket', dockerd.socketPath, ...roots.words]));
  await agent.says(/"event":"engine-open","kind":"docker"/);
  await eventually(async () => expect(await hostWith(idIn(joined))).toMatchObject({ link: 'live', facts: { engine: { kind: 'docker' } } }));
});

test("a code that was used, has expired, was withdrawn or is another server's ends in one sentence, and no host appears", async () => {
  const [used, expired, withdrawn] = [await ada.joinCode(), await ada.joinCode(), await ada.joinCode()];
  expect(await joinHost(await makeRoots(opened), used.code, ['--engine', 'native'])).toMatchObject({ status: 0 });
  await postgres.query(`update "JoinCode" set "expiresAt" = now() - interval '1 second' where id = '${expired.id}'`);
  await ada.ask(`DELETE /api/join-codes/${withdrawn.id}`);
  const hosts = await ada.hosts();
  const [id, secret] = used.code.split('.');
  const refused = async (code: string, sentence: RegExp): Promise<void> => {
    const { status, output, errors } = await joinHost(await makeRoots(opened), code, ['--engine', 'native']);
    expect([status, output]).toEqual([3, '']);
    expect(errors).toMatch(sentence);
  };

  await refused(used.code, new RegExp(`^agent: join code ${used.id} was used already\n$`));
  await refused(expired.code, new RegExp(`^agent: join code ${expired.id} has expired\n$`));
  await refused(withdrawn.code, new RegExp(`^agent: join code ${withdrawn.id} is not known\n$`));
  await refused(`${id ?? ''}.${secret ?? ''}.${'0'.repeat(64)}`, /^agent: .*\n$/);
  await refused('nonsense', /^agent: this is not a join code.*\n$/);
  expect(await ada.hosts()).toHaveLength(hosts.length);
}, 120_000);

test('an engine kind that is not there stops the join before the code is used', async () => {
  const roots = await makeRoots(opened);
  const { code } = await ada.joinCode();
  const nowhere = join(roots.directory, 'no.sock');

  const refused = await joinHost(roots, code, ['--engine', 'docker', '--docker-socket', nowhere]);

  expect(refused).toMatchObject({ status: 1, errors: expect.stringContaining(`no Docker or Podman answers on ${nowhere}`) as string });
  expect(await joinHost(roots, code, ['--engine', 'native'])).toMatchObject({ status: 0 });
});
