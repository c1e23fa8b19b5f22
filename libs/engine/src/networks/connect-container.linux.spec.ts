import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { closedAfterEach } from '@gantry/base/testing';
import type { EngineClient } from '@gantry/engine-api';
import { inspectIn, runIn, shell, waitIn } from '../testing/container-client.ts';
import { openTestEngine } from '../testing/open-test-engine.ts';
import { openTestMachine } from '../testing/open-test-machine.ts';

const opened = closedAfterEach();

/** Nothing can be written to a file, or made in a directory, until the answer is called. */
function unwritable(path: string): () => void {
  const allow = (): void => {
    if (existsSync(path)) execFileSync('chattr', ['-i', path]);
  };
  execFileSync('chattr', ['+i', path]);
  opened.defer(allow);
  return allow;
}

const membersOf = async (client: EngineClient, id: string): Promise<string[]> => {
  const answer = await client.call('NetworkInspect', { path: { id } });
  return Object.keys((await answer.json<{ Containers: Record<string, unknown> }>()).Containers);
};

test('a connection that cannot be written down is taken back', async () => {
  const { client, root } = opened.use(await openTestEngine());
  const id = await runIn(client, shell('sleep 60'), 'web');
  await client.call('NetworkCreate', { body: { Name: 'back' } });
  const connect = () => client.call('NetworkConnect', { path: { id: 'back' }, body: { Container: id } });
  const allow = unwritable(join(root, 'data/engine/containers', id));

  await expect(connect()).rejects.toThrow();
  expect(await membersOf(client, 'back')).toEqual([]);

  allow();
  await connect();
  expect(await membersOf(client, 'back')).toEqual([id]);
  await client.call('NetworkDisconnect', { path: { id: 'back' }, body: { Container: id } });
  expect(await membersOf(client, 'back')).toEqual([]);
});

test('a container whose half made connection cannot be written down is adopted all the same, and the next start tries again', async () => {
  const machine = opened.use(await openTestMachine());
  const id = await runIn(machine.client, shell('sleep 60'), 'web');
  await machine.client.call('NetworkCreate', { body: { Name: 'back' } });
  const config = machine.record(id, 'config.json');
  const before = join(dirname(machine.root), `${id}.json`);
  await copyFile(config, before);
  opened.defer(() => {
    execFileSync('rm', [before]);
  });
  await machine.client.call('NetworkConnect', { path: { id: 'back' }, body: { Container: id } });
  await machine.stop();
  await copyFile(before, config);
  const allow = unwritable(dirname(config));

  await machine.start();
  expect(machine.problems.join('\n')).toContain(`container ${id}: a change of its networks cannot be written down`);
  expect(machine.problems.join('\n')).not.toContain('cannot be recovered');
  await machine.stop();
  allow();

  const client = await machine.start();
  expect((await inspectIn(client, id)).State.Status).toBe('running');
  expect(await membersOf(client, 'back')).toEqual([id]);
  await client.call('ContainerKill', { path: { id } });
  expect(await waitIn(client, id)).toBe(137);
  const record = JSON.parse(execFileSync('cat', [config], { encoding: 'utf8' })) as { endpoints: object };
  expect(Object.keys(record.endpoints)).toContain('back');
  await machine.stop();
});
