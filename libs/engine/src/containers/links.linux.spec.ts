import { closedAfterEach } from '@gantry/base/testing';
import type { EngineClient } from '@gantry/engine-api';
import { createIn, runIn, shell, waitIn } from '../testing/container-client.ts';
import { openTestEngine } from '../testing/open-test-engine.ts';

const opened = closedAfterEach();

/** The exit code of a container that asks the linked one at a port. */
async function asked(client: EngineClient, port: number, HostConfig: object): Promise<number> {
  const id = await createIn(client, shell(`test "$(timeout 2 nc db ${port})" = ${port}`, { HostConfig }));
  await client.call('ContainerStart', { path: { id } });
  return waitIn(client, id);
}

test('where neighbours may not talk, a link opens what the other exposes or publishes, for its own container alone', async () => {
  const { client, problems } = opened.use(await openTestEngine({ mayTalk: false }));
  const answering = [80, 81, 82].map((port) => `nc -ll -p ${port} -e echo ${port}`).join(' & ');
  const ports = { ExposedPorts: { '80/tcp': {} }, HostConfig: { PortBindings: { '81/tcp': [{ HostIp: '127.0.0.1' }] } } };
  const database = await runIn(client, shell(answering, ports), 'database');
  const { NetworkSettings } = await (
    await client.call('ContainerInspect', { path: { id: database } })
  ).json<{
    NetworkSettings: { IPAddress: string };
  }>();
  const linked = { Links: ['database:db'] };

  expect(await asked(client, 80, linked)).toBe(0);
  expect(await asked(client, 81, linked)).toBe(0);
  expect(await asked(client, 82, linked)).not.toBe(0);
  expect(await asked(client, 80, { ExtraHosts: [`db:${NetworkSettings.IPAddress}`] })).not.toBe(0);
  expect(problems).toEqual([]);
});
