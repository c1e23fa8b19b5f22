import { temporaryDirectory } from '@gantry/base/testing';
import { serveEngine } from '../../door/serve-engine.ts';
import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { framesOf } from '../fixtures.ts';
import { RawClient } from '../raw-client.ts';
import { FakeEngine } from './fake-engine.ts';

const opened = new AsyncDisposableStack();
const fake = new FakeEngine({
  statsEveryMs: 10,
  containers: [
    { name: 'web', state: 'running', ports: ['8080:80'], lines: ['one', 'two', 'three'] },
    { name: 'done', state: 'exited', exitCode: 3 },
  ],
});
let engine: EngineUnderTest;

beforeAll(async () => {
  const { path } = opened.use(await temporaryDirectory());
  opened.use(await serveEngine(fake.handle, { path: `${path}/fake.sock` }));
  engine = { kind: 'native', socketPath: `${path}/fake.sock`, enter: [] };
});
afterAll(() => opened.disposeAsync());

test('its answers are of the published types', async () => {
  expect((await ask(engine, 'GET /containers/json?all=1', { as: 'ContainerSummary[]' })).value).toHaveLength(2);
  expect((await ask(engine, 'GET /containers/json', { as: 'ContainerSummary[]' })).value).toMatchObject([{ Names: ['/web'] }]);
  expect((await ask(engine, 'GET /containers/done/json', { as: 'ContainerInspectResponse' })).value).toMatchObject({
    State: { ExitCode: 3 },
  });
  await ask(engine, 'GET /images/json', { as: 'ImageSummary[]' });
  await ask(engine, 'GET /containers/web/stats?stream=0', { as: 'ContainerStatsResponse' });
  await ask(engine, 'GET /info', { as: 'SystemInfo' });
});

test('a container goes through its life and events tell of it', async () => {
  await using client = await RawClient.connect(engine.socketPath);
  await client.sendHead('GET /events HTTP/1.1', 'Host: d');
  await client.readHead();

  expect(await ask(engine, 'POST /containers/create?name=new', { body: { Image: 'busybox' } })).toMatchObject({ status: 201 });
  expect(await ask(engine, 'POST /containers/new/start')).toMatchObject({ status: 204 });
  expect(await ask(engine, 'POST /containers/new/start')).toMatchObject({ status: 304 });
  expect((await ask(engine, 'DELETE /containers/new')).status).toBe(409);
  expect(await ask(engine, 'POST /containers/new/stop')).toMatchObject({ status: 204 });
  expect(await ask(engine, 'DELETE /containers/new')).toMatchObject({ status: 204 });

  for (const action of ['create', 'start', 'die', 'stop', 'destroy']) await client.readTo(`"Action":"${action}"`);
});

test('logs are told and followed to the end', async () => {
  const web = fake.add({ name: 'talker', state: 'running', lines: ['one', 'two', 'three'] });
  const followed = ask(engine, 'GET /containers/talker/logs?stdout=1&stderr=1&follow=1&tail=2');
  for (; web.output.subscribers === 0;) await new Promise((resolve) => setImmediate(resolve));

  web.write('four');
  web.write('oops', 'stderr');
  fake.end(web, 0);

  expect(framesOf((await followed).body)).toEqual({ stdout: 'two\nthree\nfour\n', stderr: 'oops\n' });
});

test('an exec echoes and ends with its input', async () => {
  const { value } = await ask(engine, 'POST /containers/web/exec', { body: { Cmd: ['sh'], Tty: true }, as: 'IDResponse' });
  const { Id } = value as { Id: string };
  await using client = await RawClient.connect(engine.socketPath);
  await client.sendHead(`POST /exec/${Id}/start HTTP/1.1`, 'Host: d', 'Content-Length: 0', 'Connection: Upgrade', 'Upgrade: tcp');
  expect(await client.readHead()).toMatchObject({ status: 101 });

  await client.send('hello');
  await client.halfClose();

  expect((await client.readToEnd()).toString()).toBe('$ sh\nhello');
  expect((await ask(engine, `GET /exec/${Id}/json`, { as: 'ExecInspectResponse' })).value).toMatchObject({ Running: false, ExitCode: 0 });
});
