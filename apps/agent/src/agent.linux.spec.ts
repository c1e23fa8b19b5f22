import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Topology } from '@gantry/engine-api';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import { ask, busyboxArchive, type Dockerd, type EngineUnderTest, startDockerd } from '@gantry/engine-api/testing';
import { type JoinedAgent, joinedAgent, toldStates } from './testing/joined-agent.ts';

const opened = closedAfterEach();
let dockerd: Dockerd;
beforeAll(async () => {
  dockerd = await startDockerd();
});
afterAll(() => dockerd[Symbol.asyncDispose]());

const docker = (): EngineUnderTest => ({ kind: 'dockerd', socketPath: dockerd.socketPath, enter: dockerd.enter });

const joined = async (): Promise<JoinedAgent> =>
  opened.use(await joinedAgent({ GANTRY_ENGINE: 'docker', GANTRY_DOCKER_SOCKET: dockerd.socketPath }));

async function runContainer(name: string): Promise<string> {
  await ask(docker(), 'POST /images/load', { body: busyboxArchive() });
  const body = { Image: 'busybox:latest', Cmd: ['sleep', '1000'] };
  const created = await ask(docker(), `POST /containers/create?name=${name}`, { body });
  const { Id: id } = created.value as { Id: string };
  opened.defer(async () => {
    await ask(docker(), `DELETE /containers/${id}?force=1`);
  });
  await ask(docker(), `POST /containers/${id}/start`);
  return id;
}

test('an agent beside a Docker joins, tells what the host is and has, and what happens to it', async () => {
  const { server } = await joined();
  await eventually(() => expect(server.reports.some(({ kind }) => kind === 'host')).toBe(true));
  expect(server.reports.find(({ kind }) => kind === 'host')?.body).toMatchObject({ engine: { kind: 'docker' } });

  const id = await runContainer('told');
  await eventually(() => expect(toldStates(server).get('told')).toBe('running'));
  await ask(docker(), `POST /containers/${id}/kill`);

  await eventually(() => expect(toldStates(server).get('told')).toBe('exited'));
  const actions = server.reports.flatMap((report) => (report.kind === 'event' ? [report.body.action] : []));
  expect(actions).toEqual(expect.arrayContaining(['create', 'start', 'die']));
});

test('an agent that is killed comes back as the same one and tells what it missed', async () => {
  const { server, agent, start, root } = await joined();
  agent.child.kill('SIGKILL');
  await eventually(() => expect([...server.door.links]).toEqual([]));
  await runContainer('missed');

  start();

  await eventually(() => expect(toldStates(server).get('missed')).toBe('running'));
  expect(server.agents.size).toBe(1);
  expect(JSON.parse(await readFile(join(root, 'data', 'agent', 'server.json'), 'utf8'))).toMatchObject({ url: server.url });
});

test('the agent of a Docker answers on its own socket as that Docker does, and our own routes beside', async () => {
  const { socketPath } = await joined();
  const own = { kind: 'dockerd', socketPath, enter: [] } as const;

  expect((await ask(own, 'GET /version')).value).toEqual((await ask(docker(), 'GET /version')).value);
  expect((await ask(own, 'GET /gantry/capabilities')).value).toMatchObject({ engine: 'docker' });
  const { value: topology } = await ask(own, 'GET /gantry/topology');
  expect((topology as Topology).links.map(({ name }) => name)).toContain('lo');
  await ask(own, 'POST /volumes/create', { body: { Name: 'told' } });
  expect(await ask(own, 'GET /gantry/volumes/told/files?path=/')).toMatchObject({ status: 200, value: { entries: [] } });
});
