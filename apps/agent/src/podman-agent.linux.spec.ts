import { closedAfterEach, eventually } from '@gantry/base/testing';
import { ask, busyboxArchive, docker, type EngineUnderTest, type Podman, startPodman } from '@gantry/engine-api/testing';
import { type JoinedAgent, joinedAgent, toldStates } from './testing/joined-agent.ts';

const opened = closedAfterEach();
let podman: Podman;
beforeAll(async () => {
  podman = await startPodman();
}, 120_000);
afterAll(() => podman[Symbol.asyncDispose]());

/** An agent beside the Podman, and the socket on which it answers as that Podman does. */
async function joined(): Promise<{ server: JoinedAgent['server']; engine: EngineUnderTest }> {
  const { server, socketPath } = opened.use(await joinedAgent({ GANTRY_ENGINE: 'docker', GANTRY_DOCKER_SOCKET: podman.socketPath }));
  return { server, engine: { kind: 'dockerd', socketPath, enter: podman.enter } };
}

async function runContainer(engine: EngineUnderTest, name: string, Cmd: readonly string[]): Promise<string> {
  await ask(engine, 'POST /images/load', { body: busyboxArchive() });
  const body = { Image: 'localhost/busybox:latest', Cmd, HostConfig: { CgroupParent: podman.cgroupParent } };
  const created = await ask(engine, `POST /containers/create?name=${name}`, { body });
  expect(created.status).toBe(201);
  const { Id: id } = created.value as { Id: string };
  opened.defer(async () => {
    await ask(engine, `DELETE /containers/${id}?force=1`);
  });
  const started = await ask(engine, `POST /containers/${id}/start`);
  expect({ status: started.status, value: started.value }).toMatchObject({ status: 204 });
  return id;
}

test('an agent beside a Podman tells that it is one, what it has and what happens to it', async () => {
  const { server, engine } = await joined();
  await eventually(() => expect(server.reports.some(({ kind }) => kind === 'host')).toBe(true));
  expect(server.reports.find(({ kind }) => kind === 'host')?.body).toMatchObject({ engine: { kind: 'podman' } });

  const id = await runContainer(engine, 'told', ['sleep', '1000']);
  await eventually(() => expect(toldStates(server).get('told')).toBe('running'));
  server.links[0]?.watch([id]);
  await ask(engine, `POST /containers/${id}/kill`);

  await eventually(() => expect(toldStates(server).get('told')).toBe('exited'));
});

test('logs, exec and removal by the docker CLI pass through an agent to its Podman', async () => {
  const { engine } = await joined();
  await runContainer(engine, 'used', ['sh', '-c', 'echo from podman; sleep 1000']);

  await eventually(async () => expect((await docker(engine, ['logs', 'used'])).stdout).toBe('from podman\n'));
  const exec = await docker(engine, ['exec', 'used', 'sh', '-c', 'echo inside; exit 3']);
  const removed = await docker(engine, ['rm', '-f', 'used']);

  expect(exec).toMatchObject({ code: 3, stdout: 'inside\n' });
  expect(removed.stdout.trim()).toMatch(/^(used|[0-9a-f]{64})$/);
});
