import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { type Engine, json } from '@gantry/engine-api';
import { findDocker } from './docker-socket.ts';

const opened = closedAfterEach();
const limit = AbortSignal.timeout(60_000);
const answering =
  (name: string): Engine =>
  () =>
    Promise.resolve(json(200, { Version: '1.0', ApiVersion: '1.41', Components: [{ Name: name }] }));

test('the first socket where a Docker or Podman answers is taken; our own engine behind a link is not', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const [own, podman, dead] = [join(path, 'gantry.sock'), join(path, 'podman.sock'), join(path, 'dead.sock')];
  for (const file of [own, podman, dead]) await writeFile(file, '');
  await symlink(own, join(path, 'docker.sock'));
  const engines: Record<string, Engine> = { [own]: answering('Gantry Engine'), [podman]: answering('Podman Engine') };
  const refusing: Engine = () => Promise.resolve(json(503, { message: 'nobody listens' }));

  const found = await findDocker(
    [dead, join(path, 'docker.sock'), join(path, 'none.sock'), podman],
    (at) => engines[at] ?? refusing,
    limit,
  );

  expect(found).toMatchObject({ socketPath: podman, facts: { kind: 'podman', version: '1.0', apiVersion: '1.41' } });
});

test('a Docker on a busy machine is waited for', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const slow: Engine = async (request) => {
    await sleep(3200, undefined, { signal: request.signal });
    return answering('Engine')(request);
  };

  expect(await findDocker([path], () => slow, limit)).toMatchObject({ facts: { kind: 'docker' } });
});

test('where nothing answers there is none', async () => {
  expect(await findDocker(['/nonexistent/docker.sock'], () => answering('Engine'), limit)).toBeUndefined();
});
