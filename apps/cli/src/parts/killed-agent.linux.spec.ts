import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import { ask, busyboxArchive, type EngineUnderTest } from '@gantry/engine-api/testing';
import { RunningGantry } from '../testing/gantry.ts';
import { type Answer, Person } from '../testing/person.ts';
import { makeRoots, type Roots } from '../testing/roots.ts';

const opened = closedAfterEach();
const rounds = 3;
const askersAtOnce = 3;
const mostPerAsker = 25;

interface Machine {
  readonly roots: Roots;
  readonly running: RunningGantry;
  readonly ada: Person;
  /** The engine by the host's own socket, past server and link. */
  readonly local: EngineUnderTest;
  /** A request to the engine through the server's door. */
  readonly command: (line: string, body?: unknown) => Promise<Answer>;
}

async function machine(): Promise<Machine> {
  const roots = await makeRoots(opened);
  const running = opened.use(new RunningGantry(['up', '--port', '0', '--listen', '127.0.0.1', '--engine', 'native', ...roots.words]));
  const [, url = '', code = ''] = await running.says(/(https:\/\/127\.0\.0\.1:\d+)\/setup#code=(\S+)$/);
  const ada = await Person.meet(url);
  await ada.setUp(code);
  await running.says(/^agent: connected to https:/);
  await isLive(ada);
  const [host] = await ada.hosts();
  const local: EngineUnderTest = { kind: 'native', socketPath: join(roots.run, 'docker.sock'), enter: [] };
  await ask(local, 'POST /images/load', { body: busyboxArchive() });
  opened.defer(() => removeContainers(local));
  const command = (line: string, body?: unknown): Promise<Answer> => {
    const [method = '', path = ''] = line.split(' ');
    return ada.ask(`${method} /engine/${host?.id ?? ''}${path}`, body);
  };
  return { roots, running, ada, local, command };
}

const isLive = (ada: Person): Promise<void> => eventually(async () => expect(await ada.hosts()).toMatchObject([{ link: 'live' }]), 60_000);

async function list(engine: EngineUnderTest): Promise<{ Id: string; Labels: Record<string, string> }[]> {
  return (await ask(engine, 'GET /containers/json?all=1')).value as { Id: string; Labels: Record<string, string> }[];
}

async function removeContainers(engine: EngineUnderTest): Promise<void> {
  for (const { Id: id } of await list(engine)) await ask(engine, `DELETE /containers/${id}?force=1`);
}

async function killAgent({ running, ada }: Machine): Promise<void> {
  running.lines.length = 0;
  const [, agent = 0] = await running.parts();
  process.kill(agent, 'SIGKILL');
  await running.says(/^gantry: the agent ended with status 137 and is started again$/);
  await running.says(/^agent: connected to https:/);
  await isLive(ada);
}

test('the agent is killed under a command: whoever gave it hears that the outcome is unknown and what is now, and it is not run again', async () => {
  const given = await machine();
  const { roots, local, command } = given;
  const script = 'trap "" TERM; echo started; while :; do sleep 1; done';
  const body = { Image: 'busybox:latest', Cmd: ['sh', '-c', script], HostConfig: { NetworkMode: 'none' } };
  expect(await command('POST /containers/create?name=stubborn', body)).toMatchObject({ status: 201 });
  expect(await command('POST /containers/stubborn/start')).toMatchObject({ status: 204 });

  const restart = command('POST /containers/stubborn/restart?t=20');
  const journal = join(roots.data, 'agent', 'commands.jsonl');
  await eventually(async () => expect(await readFile(journal, 'utf8')).toMatch(/\/containers\/[0-9a-f]+\/restart/));
  await killAgent(given);

  const { status, body: answer } = await restart;
  expect([status, answer]).toEqual([
    409,
    { message: expect.stringMatching(/^outcome unknown.*container [0-9a-f]+ is running$/) as string },
  ]);
  const log = await ask(local, 'GET /containers/stubborn/logs?stdout=1');
  expect(log.body.toString().match(/started/g)).toHaveLength(1);
  expect(await command('GET /containers/stubborn/json')).toMatchObject({ status: 200, body: { State: { Running: true } } });
}, 240_000);

test('over several kills no command has its effect twice, and none that was acknowledged is missing', async () => {
  const given = await machine();
  const { local, command } = given;
  const answers = new Map<string, Answer>();
  const askOn = async (asker: string, isOver: () => boolean): Promise<void> => {
    for (let number = 0; number < mostPerAsker && !isOver(); number += 1) {
      const id = `${asker}-${number}`;
      const body = { Image: 'busybox:latest', Cmd: ['true'], Labels: { try: id }, HostConfig: { NetworkMode: 'none' } };
      const answer = await command('POST /containers/create', body);
      answers.set(id, answer);
      if (answer.status === 503) await delay(100); // the agent is not back yet
    }
  };

  for (let round = 0; round < rounds; round += 1) {
    let isOver = false;
    const before = answers.size;
    const asking = Array.from({ length: askersAtOnce }, (_, asker) => askOn(`${round}-${asker}`, () => isOver));
    await eventually(() => expect(answers.size - before).toBeGreaterThan(askersAtOnce), 60_000);
    await killAgent(given);
    isOver = true;
    await Promise.all(asking);
  }

  const made = (await list(local)).map(({ Labels }) => Labels['try']);
  const countOf = (id: string): number => made.filter((one) => one === id).length;
  for (const [id, { status, body }] of answers) {
    const words = JSON.stringify(body);
    if (status === 201) expect([id, countOf(id)]).toEqual([id, 1]);
    else if (status === 503) expect([id, words, countOf(id)]).toEqual([id, words, 0]);
    else expect([status, words, countOf(id) < 2]).toEqual([409, expect.stringContaining('outcome unknown'), true]);
  }
  expect([...answers.values()].filter(({ status }) => status === 201).length).toBeGreaterThan(rounds * askersAtOnce);
}, 240_000);
