import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { ask, busyboxArchive } from '@gantry/engine-api/testing';
import { LinkServer } from '@gantry/link/testing';
import { startAgent } from './testing/start-agent.ts';

const opened = closedAfterEach();
const bundle = fileURLToPath(new URL('../dist/agent.mjs', import.meta.url));
const directory = async (): Promise<string> => opened.use(await temporaryDirectory()).path;

interface Ended {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

async function agent(words: readonly string[], { root, input = '' }: { root: string; input?: string }): Promise<Ended> {
  const roots = { GANTRY_DATA_ROOT: join(root, 'data'), GANTRY_RUN_ROOT: join(root, 'run'), GANTRY_ENGINE: 'native' };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', bundle, ...words], {
    env: { ...process.env, NODE_OPTIONS: '', GANTRY_SERVER_URL: '', ...roots },
  });
  const [output, errors]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin.on('error', () => undefined).end(input);
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString() };
}

test('a host joins with the code on its standard input, and with the same code not twice', async () => {
  const server = opened.use(await LinkServer.start());
  const { text } = server.makeCode();

  const joined = await agent(['join', '--url', server.url], { root: await directory(), input: `${text}\n` });
  const again = await agent(['join', '--url', server.url], { root: await directory(), input: text });

  expect(joined).toEqual({ status: 0, output: `this host joined ${server.url} as agent-1\n`, errors: '' });
  expect(again).toMatchObject({ status: 3, errors: expect.stringMatching(/^agent: join code \S+ was used already\n$/) as string });
});

test.each([
  [['join', '--url', 'http://127.0.0.1:1'], 'nonsense', 'agent: this is not a join code'],
  [['dance'], '', 'agent: unknown command dance'],
  [[], '', 'agent: this host has not joined a server: run gantry join --url URL'],
])('what a person has to mend ends the agent with status 3 and one sentence: %j', async (words, input, sentence) => {
  const root = await directory();

  const { status, errors } = await agent(words, { root, input });

  expect(status).toBe(3);
  expect(errors).toContain(sentence);
});

test('the engine alone names the key of its file that it does not know', async () => {
  const root = await directory();
  const file = join(root, 'daemon.json');
  await writeFile(file, '{"bip": "10.9.0.1/16", "storage-drivr": "overlay2"}');

  const { status, errors } = await agent(['engine', '--config-file', file], { root });

  expect(status).toBe(3);
  expect(errors).toBe(`agent: ${file}: unknown key "storage-drivr"\n`);
});

test('the engine alone answers on its socket, its worker threads included', async () => {
  const root = await directory();
  const dataRoot = join(root, 'data');
  const socketPath = join(root, 'engine.sock');
  const args = ['engine', '--socket', socketPath, '--data-root', dataRoot, '--run-root', join(root, 'run')];
  const running = opened.use(startAgent(bundle, { args, environment: {} }));
  await running.says(/"event":"(engine-open)"/);
  const engine = { kind: 'native', socketPath, enter: [] } as const;

  expect(await ask(engine, 'POST /images/load', { body: busyboxArchive() })).toMatchObject({ status: 200 });
  expect((await ask(engine, 'GET /images/json')).value).toMatchObject([{ RepoTags: ['busybox:latest'] }]);
});
