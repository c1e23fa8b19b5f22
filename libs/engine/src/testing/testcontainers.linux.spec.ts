import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { serveEngine } from '@gantry/engine-api';
import { busyboxArchive } from '@gantry/engine-api/testing';
import { GenericContainer, Network, type StartedTestContainer, Wait } from 'testcontainers';
import { openTestEngine, type TestEngine } from './open-test-engine.ts';
import { testPool } from './test-pool.ts';

const opened = new AsyncDisposableStack();
const perTest = closedAfterEach();
let engine: TestEngine;
let directory: string;

beforeAll(async () => {
  directory = opened.use(await temporaryDirectory()).path;
  engine = opened.use(await openTestEngine({ addressPools: [testPool(220)] }));
  await (await engine.client.call('ImageLoad', { body: busyboxArchive('busybox:latest') })).text();
  const socketPath = join(directory, 'docker.sock');
  opened.use(await serveEngine(engine.engine.handle, { path: socketPath }));
  // Its reaper is an image of a registry.
  Object.assign(process.env, {
    DOCKER_HOST: `unix://${socketPath}`,
    TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1',
    TESTCONTAINERS_RYUK_DISABLED: 'true',
  });
});
afterAll(() => opened.disposeAsync());

async function started(container: GenericContainer): Promise<StartedTestContainer> {
  const one = await container.withStartupTimeout(30_000).start();
  perTest.defer(async () => {
    await one.stop({ timeout: 0 });
  });
  return one;
}

const server = (): GenericContainer =>
  new GenericContainer('busybox:latest').withCommand(['sh', '-c', 'echo serving; exec httpd -f -h /var/www']).withExposedPorts(80);

test('testcontainers waits for a port, a log line, an answer and health, and reaches the exposed port', async () => {
  const strategies = [
    Wait.forListeningPorts(),
    Wait.forLogMessage('serving'),
    Wait.forHttp('/index.html', 80),
    Wait.forHealthCheck(),
    Wait.forSuccessfulCommand('test -f /var/www/index.html'),
  ];
  const healthy = {
    test: ['CMD-SHELL', 'wget -qO- http://127.0.0.1/'] as ['CMD-SHELL', string],
    interval: 200,
    timeout: 10_000,
    retries: 100,
  };

  const all = await Promise.all(strategies.map((strategy) => started(server().withHealthCheck(healthy).withWaitStrategy(strategy))));

  for (const one of all) {
    const answer = await fetch(`http://${one.getHost()}:${one.getMappedPort(80)}/index.html`);
    expect(await answer.text()).toBe('hello from busybox\n');
  }
});

test('testcontainers executes, copies in and out, follows the log, restarts and commits', async () => {
  const file = join(directory, 'file');
  await writeFile(file, 'from a file');
  const one = await started(
    server()
      .withEnvironment({ COLOUR: 'red' })
      .withTmpFs({ '/scratch': 'rw' })
      .withCopyFilesToContainer([{ source: file, target: '/data/file', mode: 0o600 }])
      .withCopyContentToContainer([{ content: 'from memory', target: '/data/content' }])
      .withWaitStrategy(Wait.forLogMessage('serving')),
  );

  expect(await one.exec(['sh', '-c', 'echo $COLOUR; echo oops >&2; exit 3'])).toMatchObject({
    exitCode: 3,
    stdout: 'red\n',
    stderr: 'oops\n',
  });
  expect((await one.exec('stat -c %a /data/file')).output).toBe('600\n');
  expect((await one.exec(['cat', '/data/file', '/data/content'])).output).toBe('from a filefrom memory');
  await one.copyContentToContainer([{ content: 'later', target: '/data/later' }]);
  expect((await one.exec(['cat', '/data/later'])).output).toBe('later');
  const archive = await text(await one.copyArchiveFromContainer('/data/later'));
  expect(archive).toContain('later');
  await one.restart();
  const image = await one.commit({ repo: 'committed', tag: '1', deleteOnExit: false });
  expect(await (await engine.client.call('ImageInspect', { path: { name: image } })).json()).toMatchObject({ RepoTags: ['committed:1'] });
});

test('testcontainers of one network know each other by alias, and stopping leaves nothing', async () => {
  const network = await new Network().start();
  const one = await started(server().withNetwork(network).withNetworkAliases('front').withWaitStrategy(Wait.forListeningPorts()));
  const asking = new GenericContainer('busybox:latest').withNetwork(network).withCommand(['wget', '-qO-', 'http://front/index.html']);

  const other = await asking.withWaitStrategy(Wait.forOneShotStartup()).start();
  expect(await text(await other.logs())).toBe('hello from busybox\n');
  await other.stop();
  await one.stop({ timeout: 0 });
  await network.stop();

  const left = await (await engine.client.call('ContainerList', { query: { all: true } })).json<{ Id: string }[]>();
  expect(left.filter(({ Id }) => [one.getId(), other.getId()].includes(Id))).toEqual([]);
  expect((await (await engine.client.call('NetworkList', {})).json<{ Id: string }[]>()).map(({ Id }) => Id)).not.toContain(network.getId());
});
