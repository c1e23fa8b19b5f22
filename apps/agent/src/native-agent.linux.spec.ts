import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closedAfterEach, eventually, temporaryDirectory } from '@gantry/base/testing';
import { ask, busyboxArchive } from '@gantry/engine-api/testing';
import type { Samples } from '@gantry/link';
import { LinkServer } from '@gantry/link/testing';
import { askJson } from './engine/ask-engine.ts';
import { startAgent } from './testing/start-agent.ts';

const opened = closedAfterEach();
const bundle = fileURLToPath(new URL('../dist/agent.mjs', import.meta.url));

test('an agent with our own engine is asked over its link, and tells each second what a watched container uses', async () => {
  const samples: Samples[] = [];
  const server = opened.use(await LinkServer.start({ onSamples: (_link, told) => samples.push(told) }));
  const { path: root } = opened.use(await temporaryDirectory());
  await writeFile(join(root, 'code'), server.makeCode().text);
  const roots = { GANTRY_DATA_ROOT: join(root, 'data'), GANTRY_RUN_ROOT: join(root, 'run') };
  const environment = { GANTRY_SERVER_URL: server.url, GANTRY_ENGINE: 'native', ...roots };
  opened.use(startAgent(bundle, { args: ['--code-file', join(root, 'code')], environment }));
  await eventually(() => expect(server.links).toHaveLength(1), 20_000);

  const engine = { kind: 'native', socketPath: join(root, 'run', 'docker.sock'), enter: [] } as const;
  await ask(engine, 'POST /images/load', { body: busyboxArchive() });
  const body = { Image: 'busybox:latest', Cmd: ['sh', '-c', 'while :; do :; done'], HostConfig: { NetworkMode: 'none' } };
  const { Id: id } = (await ask(engine, 'POST /containers/create?name=busy', { body })).value as { Id: string };
  opened.defer(async () => {
    await ask(engine, `DELETE /containers/${id}?force=1`);
  });
  expect(await ask(engine, `POST /containers/${id}/start`)).toMatchObject({ status: 204 });

  const link = server.links[0];
  if (!link) throw new Error('no link');
  expect(await askJson(link.engine, '/containers/json', AbortSignal.timeout(5000))).toMatchObject([{ Id: id, State: 'running' }]);
  link.watch([id]);
  const ofBusy = (): number[] =>
    samples.flatMap(({ containers }) => containers.filter((one) => one.id === id).map((one) => one.cpuPermille));
  await eventually(() => expect(ofBusy().length).toBeGreaterThan(2), 20_000);

  expect(Math.max(...ofBusy())).toBeGreaterThan(20);
}, 60_000);
