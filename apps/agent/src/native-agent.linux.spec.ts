import { closedAfterEach, eventually } from '@gantry/base/testing';
import { ask, busyboxArchive } from '@gantry/engine-api/testing';
import type { Samples } from '@gantry/link';
import { askJson } from './engine/ask-engine.ts';
import { joinedAgent } from './testing/joined-agent.ts';

const opened = closedAfterEach();

test('an agent with our own engine is asked over its link, and tells each second what a watched container uses', async () => {
  const samples: Samples[] = [];
  const onSamples = (_link: unknown, told: Samples): unknown => samples.push(told);
  const { server, socketPath } = opened.use(await joinedAgent({ GANTRY_ENGINE: 'native' }, { onSamples }));
  const engine = { kind: 'native', socketPath, enter: [] } as const;
  await ask(engine, 'POST /images/load', { body: busyboxArchive() });
  const body = { Image: 'busybox:latest', Cmd: ['sh', '-c', 'while :; do :; done'], HostConfig: { NetworkMode: 'none' } };
  const { Id: id } = (await ask(engine, 'POST /containers/create?name=busy', { body })).value as { Id: string };
  opened.defer(async () => {
    await ask(engine, `DELETE /containers/${id}?force=1`);
  });
  expect(await ask(engine, `POST /containers/${id}/start`)).toMatchObject({ status: 204 });

  const link = server.links[0];
  if (!link) throw new Error('no link');
  expect(await askJson(link.engine, '/containers/json', AbortSignal.timeout(50_000))).toMatchObject([{ Id: id, State: 'running' }]);
  link.watch([id]);
  const ofBusy = (): number[] =>
    samples.flatMap(({ containers }) => containers.filter((one) => one.id === id).map((one) => one.cpuPermille));
  await eventually(() => expect(ofBusy().length).toBeGreaterThan(2));

  expect(Math.max(...ofBusy())).toBeGreaterThan(20);
});
