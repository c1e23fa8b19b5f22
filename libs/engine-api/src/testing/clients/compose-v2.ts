import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { askUntil } from '../ask-until.ts';
import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { uniqueName } from '../fixtures.ts';
import { peerPath } from '../peers.ts';
import { type CliResult, runClient } from '../run-client.ts';

const specPatienceMs = 180_000;

/** Services in several networks, with conditions on each other. */
const projectFile = `services:
  database:
    image: busybox
    command: sh -c 'sleep 1; echo $$GREETING >/data/greeting; echo stored; while :; do sleep 60; done'
    environment: { GREETING: hello from the volume }
    volumes: ['stored:/data']
    networks: { inside: { aliases: [db.internal] }, behind: {} }
    stop_signal: SIGKILL
    healthcheck: { test: test -s /data/greeting, interval: 0.2s, timeout: 10s, retries: 100 }
  prepare:
    image: busybox
    command: sh -c 'echo prepared >/data/prepared'
    volumes: ['stored:/data']
    networks: [behind]
  web:
    image: busybox
    command: sh -c 'cat /data/prepared /data/greeting; exec httpd -f -h /data'
    depends_on: { database: { condition: service_healthy }, prepare: { condition: service_completed_successfully } }
    ports: ['80']
    volumes: ['stored:/data:ro']
    networks: { inside: { priority: 10 }, outside: { aliases: [www] } }
    stop_signal: SIGKILL
  task:
    image: busybox
    command: sh -c 'until wget -qO- http://www/greeting 2>/dev/null; do sleep 0.1; done; exit 7'
    depends_on: [web]
    networks: [outside]
networks: { inside: { labels: { of: the test } }, behind: { internal: true }, outside: {} }
volumes: { stored: {} }
`;

interface Project extends AsyncDisposable {
  readonly name: string;
  readonly compose: (...args: string[]) => Promise<CliResult>;
  readonly states: () => Promise<Record<string, string>>;
}

async function openProject(engine: EngineUnderTest): Promise<Project> {
  await using opened = new AsyncDisposableStack();
  const { path: cwd } = opened.use(await temporaryDirectory());
  await writeFile(join(cwd, 'compose.yaml'), projectFile);
  const name = uniqueName('project');
  const program = join(peerPath('docker-compose-v2').split(':')[0] ?? '', 'docker-compose');
  const compose = (...args: string[]): Promise<CliResult> =>
    runClient([program, '--ansi', 'never', '--progress', 'plain', ...args], engine, {
      cwd,
      environment: { COMPOSE_PROJECT_NAME: name, HOME: cwd, DOCKER_CONFIG: cwd },
      patienceMs: 100_000,
    });
  const states = async (): Promise<Record<string, string>> => {
    const filters = encodeURIComponent(JSON.stringify({ label: [`com.docker.compose.project=${name}`] }));
    const { value } = await ask(engine, `GET /containers/json?all=1&filters=${filters}`);
    const list = value as { Names: string[]; State: string }[];
    return Object.fromEntries(list.map(({ Names, State }) => [Names[0]?.slice(name.length + 2) ?? '', State]));
  };
  opened.defer(async () => {
    if (Object.keys(await states()).length > 0) await compose('down', '-v', '-t', '0');
  });
  const closing = opened.move();
  return { name, compose, states, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

/** Debian's docker-compose 2.26, which speaks the engine's own API version up to 1.45. */
export function composeTwoClient(engine: () => EngineUnderTest): void {
  test('up waits for health and for tasks to end; down leaves nothing', () => leadThroughItsLife(engine()), specPatienceMs);

  test(
    'up in the foreground follows the output and hands the exit code on; run is one container',
    () => followOutput(engine()),
    specPatienceMs,
  );
}

async function leadThroughItsLife(engine: EngineUnderTest): Promise<void> {
  await using project = await openProject(engine);
  const { name, compose, states } = project;
  const sinceSeconds = Math.floor(Date.now() / 1000);

  expect(await compose('up', '-d', 'web')).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/-database-1 +Healthy[^]*-web-1 +Started/) as unknown,
  });
  expect(await states()).toEqual({ 'database-1': 'running', 'prepare-1': 'exited', 'web-1': 'running' });
  await expectNetworks(engine, name);
  await askUntil(
    async () => (await compose('logs', '--no-color', 'web')).stdout,
    (stdout) => /web-1 +\| prepared\n.*web-1 +\| hello from the volume\n/.test(stdout),
  );
  const inside = 'ping -c 1 db.internal >/dev/null && until wget -qO- http://localhost/greeting 2>/dev/null; do sleep 0.1; done';
  expect(await compose('exec', '-T', 'web', 'sh', '-c', inside)).toMatchObject({ code: 0, stdout: 'hello from the volume\n' });
  expect((await compose('ps', '--format', '{{.Name}} {{.Health}} {{.Ports}}')).stdout).toMatch(
    /-database-1 healthy *\n[^]*-web-1 +0\.0\.0\.0:\d+->80\/tcp/,
  );

  expect(await compose('up', '-d', 'web')).toMatchObject({ code: 0, stderr: expect.stringMatching(/-web-1 +Running/) as unknown });
  expect(await compose('up', '-d', '--scale', 'web=2', 'web')).toMatchObject({ code: 0 });
  expect(Object.keys(await states()).toSorted()).toEqual(['database-1', 'prepare-1', 'web-1', 'web-2']);
  expect(await compose('stop', '-t', '1', 'web')).toMatchObject({ code: 0 });
  expect(await eventsOf(engine, name, sinceSeconds)).toEqual(expect.arrayContaining(['web create', 'web start', 'web die', 'web stop']));

  expect(await compose('down', '-v')).toMatchObject({ code: 0, stderr: expect.stringMatching(/Volume .*_stored +Removed/) as unknown });
  expect(await states()).toEqual({});
}

/** A container of two networks is in both from the create on (API 1.44), with the names that it has in each. */
async function expectNetworks(engine: EngineUnderTest, name: string): Promise<void> {
  const { value } = await ask(engine, `GET /containers/${name}-web-1/json`);
  const { NetworkSettings } = value as { NetworkSettings: { Networks: Record<string, { Aliases: string[]; IPAddress: string }> } };
  const named = (...aliases: string[]): unknown =>
    expect.objectContaining({
      Aliases: expect.arrayContaining(aliases) as unknown,
      IPAddress: expect.stringMatching(/^\d/) as unknown,
    });
  expect(NetworkSettings.Networks).toEqual({ [`${name}_inside`]: named('web'), [`${name}_outside`]: named('web', 'www') });
}

/** What compose follows: events of the containers that have a label. */
async function eventsOf(engine: EngineUnderTest, name: string, since: number): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ type: ['container'], label: [`com.docker.compose.project=${name}`] }));
  const until = Math.ceil(Date.now() / 1000) + 1;
  const { body } = await ask(engine, `GET /events?since=${since}&until=${until}&filters=${filters}`);
  return body
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { Action: string; Actor: { Attributes: Record<string, string> } })
    .map(({ Action, Actor }) => `${Actor.Attributes['com.docker.compose.service'] ?? ''} ${Action}`);
}

async function followOutput(engine: EngineUnderTest): Promise<void> {
  await using project = await openProject(engine);

  const { code, stdout, stderr } = await project.compose('up', '--no-color', '--exit-code-from', 'task', 'task');
  expect({ code, stderr }).toMatchObject({ code: 7 });
  expect(stdout).toMatch(/task-1 +\| hello from the volume$/m);
  expect(stdout).toMatch(/task-1 exited with code 7/);

  const alone = ['run', '--rm', '-T', '--no-deps', '-e', 'COLOUR=red', 'task', 'sh', '-c', 'echo $COLOUR; exit 3'];
  expect(await project.compose(...alone)).toMatchObject({ code: 3, stdout: 'red\n' });
}
