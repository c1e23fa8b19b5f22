import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { askUntil } from '../ask-until.ts';
import { debianPython } from '../debian-python.ts';
import { fetchOnHost } from '../docker-cli.ts';
import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { uniqueName } from '../fixtures.ts';
import { type CliResult, runClient } from '../run-client.ts';

/** Every command is a Python that starts, on a machine that may be busy. */
const specPatienceMs = 180_000;

/** A database that takes a moment, a web server that waits for it, and a task. */
const projectFile = `version: '2.4'
services:
  database:
    image: busybox
    command: sh -c 'sleep 1; echo $$GREETING >/data/greeting; echo stored; while :; do sleep 60; done'
    environment: { GREETING: hello from the volume }
    volumes: ['stored:/data']
    networks: { inside: { aliases: [db.internal] } }
    stop_signal: SIGKILL
    healthcheck: { test: test -s /data/greeting, interval: 0.2s, timeout: 10s, retries: 100 }
  web:
    image: busybox
    command: sh -c 'cat /data/greeting; exec httpd -f -h /data'
    depends_on: { database: { condition: service_healthy } }
    ports: ['80']
    restart: unless-stopped
    volumes: ['stored:/data:ro']
    networks: [inside]
    stop_signal: SIGKILL
  task:
    image: busybox
    command: sh -c 'until wget -qO- http://web/greeting 2>/dev/null; do sleep 0.1; done; exit 7'
    depends_on: [web]
    networks: [inside]
networks: { inside: { labels: { of: the test } } }
volumes: { stored: {} }
`;

interface Project extends AsyncDisposable {
  readonly compose: (...args: string[]) => Promise<CliResult>;
  /** Ids and states of the project's containers by their names without the project's. */
  readonly containers: () => Promise<Record<string, { id: string; state: string }>>;
}

async function openProject(engine: EngineUnderTest): Promise<Project> {
  await using opened = new AsyncDisposableStack();
  const { path: cwd } = opened.use(await temporaryDirectory());
  await writeFile(join(cwd, 'docker-compose.yml'), projectFile);
  const name = uniqueName('project');
  const python = debianPython();
  const environment = { ...python.environment, COMPOSE_PROJECT_NAME: name, COMPOSE_INTERACTIVE_NO_CLI: '1' };
  const compose = (...args: string[]): Promise<CliResult> =>
    runClient([python.program, python.compose, ...args], engine, { cwd, environment, patienceMs: 100_000 });
  const containers = async (): Promise<Record<string, { id: string; state: string }>> => {
    const filters = encodeURIComponent(JSON.stringify({ label: [`com.docker.compose.project=${name}`] }));
    const list = (await ask(engine, `GET /containers/json?all=1&filters=${filters}`)).value as {
      Id: string;
      Names: string[];
      State: string;
    }[];
    return Object.fromEntries(list.map(({ Id, Names, State }) => [Names[0]?.slice(name.length + 2) ?? '', { id: Id, state: State }]));
  };
  opened.defer(async () => {
    if (Object.keys(await containers()).length > 0) await compose('down', '-v', '-t', '0');
  });
  const closing = opened.move();
  return { compose, containers, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

/** Debian's docker-compose 1.29, which speaks API 1.41 by docker-py. */
export function composeClient(engine: () => EngineUnderTest): void {
  test(
    'docker-compose up waits for health, publishes, and changes nothing the second time; down leaves nothing',
    () => leadThroughItsLife(engine()),
    specPatienceMs,
  );

  test(
    'docker-compose up in the foreground follows the output and hands the exit code on; run is one container',
    () => followOutput(engine()),
    specPatienceMs,
  );
}

async function leadThroughItsLife(engine: EngineUnderTest): Promise<void> {
  await using project = await openProject(engine);
  const { compose, containers } = project;

  expect(await compose('up', '-d', 'web')).toMatchObject({ code: 0, stderr: expect.stringContaining('Creating') as unknown });
  const first = await containers();
  expect(first).toEqual({
    database_1: { id: expect.any(String) as string, state: 'running' },
    web_1: { id: expect.any(String) as string, state: 'running' },
  });

  const { stdout: table } = await compose('ps');
  expect(table).toMatch(/_database_1 .* Up \(healthy\)[^]*_web_1 .* Up +0\.0\.0\.0:\d+->80\/tcp/);
  await askUntil(
    async () => (await compose('logs', '--no-color')).stdout,
    (stdout) => [/^database_1 +\| stored$/m, /^web_1 +\| hello from the volume$/m].every((line) => line.test(stdout)),
  );
  const inside = 'ping -c 1 db.internal >/dev/null && until wget -qO- http://localhost/greeting 2>/dev/null; do sleep 0.1; done';
  expect(await compose('exec', '-T', 'web', 'sh', '-c', inside)).toMatchObject({ code: 0, stdout: 'hello from the volume\n' });
  await askUntil(
    () => fetchOnHost(engine, Number(/:(\d+)->80/.exec(table)?.[1])),
    (body) => body !== '',
  );

  expect(await compose('up', '-d', 'web')).toMatchObject({ code: 0, stderr: expect.stringMatching(/_web_1 is up-to-date/) as unknown });
  expect(await containers()).toEqual(first);
  expect(await compose('restart', '-t', '1', 'web')).toMatchObject({ code: 0 });
  expect(await compose('up', '-d', '--scale', 'web=3', 'web')).toMatchObject({ code: 0 });
  expect(Object.keys(await containers()).toSorted()).toEqual(['database_1', 'web_1', 'web_2', 'web_3']);

  expect(await compose('down', '-v')).toMatchObject({ code: 0, stderr: expect.stringMatching(/Removing volume/) as unknown });
  expect(await containers()).toEqual({});
}

async function followOutput(engine: EngineUnderTest): Promise<void> {
  await using project = await openProject(engine);

  const { code, stdout, stderr } = await project.compose('up', '--no-color', '--exit-code-from', 'task');
  expect({ code, stderr }).toMatchObject({ code: 7 });
  expect(stdout).toMatch(/^task_1 +\| hello from the volume$/m);
  expect(stdout).toMatch(/_task_1 exited with code 7/);

  // It attaches after the start: what is written before is lost with any engine.
  const late = ['sh', '-c', 'sleep 1; echo $COLOUR; exit 3'];
  expect(await project.compose('run', '--rm', '-T', '--no-deps', '-e', 'COLOUR=red', 'task', ...late)).toMatchObject({
    code: 3,
    stdout: 'red\n',
  });
}
