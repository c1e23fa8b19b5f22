import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closedAfterEach, eventually, type Program, startProgram, temporaryDirectory, unusedPort } from '@gantry/base/testing';
import {
  createJoinCode,
  createOwner,
  FleetSnapshot,
  getFleet,
  getMe,
  listAudit,
  AuditEntry,
  listJoinCodes,
  JoinCode,
  NewJoinCode,
} from '@gantry/contract';
import { container, ownersPassword, TestAgent, TestBrowser } from './testing/index.ts';

const opened = closedAfterEach();
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const rounds = 3;
const mostPerRound = 50;

async function start(environment: NodeJS.ProcessEnv): Promise<{ server: Program; setupCode: string }> {
  const server = startProgram(program, environment);
  opened.use(server);
  const line = await server.says(/^(\{"event":"listening".*\})$/);
  return { server, setupCode: (JSON.parse(line) as { setupCode?: string }).setupCode ?? '' };
}

async function kill({ child }: Program): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Makes join codes until the server is gone; the ids of those that it acknowledged. */
async function writeUntilGone(browser: TestBrowser, acknowledged: string[]): Promise<void> {
  for (let number = 0; number < mostPerRound; number++) {
    const answer = await browser.call(createJoinCode, { body: {} }).catch(() => undefined);
    if (answer?.status !== 201) return;
    acknowledged.push(NewJoinCode.parse(answer.body).id);
  }
}

test('a server that is killed in the middle of its work loses nothing that it has acknowledged', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const port = await unusedPort();
  const environment = {
    ...{ GANTRY_DATA_ROOT: join(path, 'data'), GANTRY_RUN_ROOT: join(path, 'run'), GANTRY_PORT: String(port) },
    ...{
      GANTRY_LISTEN: '127.0.0.1',
      GANTRY_TLS: 'off',
      GANTRY_URL: '',
      DATABASE_URL: '',
      GANTRY_BEHIND_PROXY: 'off',
      GANTRY_LOCAL_JOIN_CODE_FILE: '',
    },
  };
  let { server, setupCode } = await start(environment);
  const owner = new TestBrowser(`http://127.0.0.1:${port}`);
  await owner.call(createOwner, { body: { code: setupCode, name: 'ada', password: ownersPassword } });
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  const agent = opened.use(await TestAgent.join(owner.url, code));
  const acknowledged: string[] = [];
  let reported = 0;

  for (let round = 0; round < rounds; round++) {
    const writing = writeUntilGone(owner, acknowledged);
    const reporting = setInterval(() => {
      const id = (++reported).toString(16).padStart(64, '0');
      agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts: [container('a', { id })], gone: [] } }));
    }, 10);
    const enough = acknowledged.length + 3 + 3 * round;
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(enough), 30_000);
    await kill(server);
    clearInterval(reporting);
    await writing;
    ({ server, setupCode } = await start(environment));
    expect(setupCode).toBe('');
  }

  expect((await owner.call(getMe)).status).toBe(200);
  const known = JoinCode.array().parse((await owner.call(listJoinCodes)).body);
  expect(acknowledged.filter((id) => !known.some((one) => one.id === id))).toEqual([]);
  expect(acknowledged.length).toBeGreaterThan(rounds);
  await eventually(async () => expect(FleetSnapshot.parse((await owner.call(getFleet)).body).rows).toHaveLength(reported), 20_000);
  const log = AuditEntry.array().parse((await owner.call(listAudit, { query: '?limit=500' })).body);
  expect(log.filter(({ outcome }) => outcome === 'intended')).toEqual([]);
}, 180_000);
