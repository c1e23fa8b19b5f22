import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import type { EngineClient } from '@gantry/engine-api';
import { createIn, runIn, shell } from '../testing/container-client.ts';
import { busyboxImage, dockerArchive } from '../testing/image-archives.ts';
import { nothingLeft } from '../testing/nothing-left.ts';
import { removeAll } from '../testing/open-test-engine.ts';
import { type EngineProcess, startEngineProcess } from '../testing/start-engine-process.ts';

const opened = closedAfterEach();
const run = promisify(execFile);
const neighbours = 20;
const backWithinMs = 2000;

interface Ports {
  readonly NetworkSettings: { readonly Ports: Readonly<Record<string, readonly { readonly HostPort: string }[]>> };
}

/** What a client hears at a port of this machine; '' where nobody answers. */
function heardAt(port: number, host: string): Promise<string> {
  const socket = connect({ port, host, timeout: 5000 });
  socket.on('timeout', () => socket.destroy());
  return text(socket).catch(() => '');
}

async function isTrue(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await sleep(10);
}

/** An engine that may be killed and started again, with busybox and what this file needs of networks. */
async function openEngine(path: string): Promise<{ current: EngineProcess }> {
  const engine = { current: await startEngineProcess(path) };
  opened.defer(() => {
    nothingLeft({ roots: [path], instance: engine.current.instance });
  });
  opened.defer(() => engine.current.kill('SIGTERM'));
  opened.defer(async () => {
    await removeAll(engine.current.client);
    for (const id of ['front', 'six']) await engine.current.client.call('NetworkDelete', { path: { id } });
  });
  const { client } = engine.current;
  const archive = await dockerArchive([{ image: await busyboxImage({ Env: ['PATH=/bin'] }), tags: ['busybox:latest'] }]);
  await (await client.call('ImageLoad', { body: archive })).text();
  await client.call('NetworkCreate', { body: { Name: 'front' } });
  await client.call('NetworkCreate', { body: { Name: 'six', EnableIPv4: false, EnableIPv6: true } });
  return engine;
}

/** Starts a container that says its name at a port of this machine; answers the port. */
async function serve(client: EngineClient, name: string, network: string): Promise<number> {
  const HostConfig = { NetworkMode: network, PortBindings: { '80/tcp': [{ HostPort: '0' }] } };
  const id = await createIn(client, shell(`exec nc -ll -p 80 -e echo ${name}`, { HostConfig }), name);
  await client.call('ContainerStart', { path: { id } });
  const inspected = await (await client.call('ContainerInspect', { path: { id } })).json<Ports>();
  return Number(inspected.NetworkSettings.Ports['80/tcp']?.[0]?.HostPort);
}

test('names, ports on ::1 and those of a network without IPv4 are back within two seconds after a killed engine starts again', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const engine = await openEngine(path);
  const { client } = engine.current;
  const web = await serve(client, 'web', 'front');
  const six = await serve(client, 'six', 'six');
  const sleeping = shell('exec sleep 600', { HostConfig: { NetworkMode: 'front' } });
  const others = await Promise.all(Array.from({ length: neighbours }, () => runIn(client, sleeping)));
  const knowsWeb = (id: string): Promise<boolean> =>
    run('nsenter', [`--net=${join(path, 'run/engine/e', id)}`, 'timeout', '1', 'busybox', 'nslookup', 'web', '127.0.0.11']).then(
      () => true,
      () => false,
    );
  const isBack = async (): Promise<void> => {
    await isTrue(async () => (await heardAt(web, '::1')) === 'web\n');
    await isTrue(async () => (await heardAt(six, '127.0.0.1')) === 'six\n');
    await isTrue(async () => (await heardAt(six, '::1')) === 'six\n');
    await Promise.all(others.map((id) => isTrue(() => knowsWeb(id))));
  };
  await isBack();
  const askedMs = performance.now();
  await isBack();
  const askingMs = performance.now() - askedMs;

  await engine.current.kill('SIGKILL');
  expect([await heardAt(web, '::1'), await heardAt(six, '127.0.0.1'), await knowsWeb(others[0] ?? '')]).toEqual(['', '', false]);
  await isTrue(async () => (await heardAt(web, '127.0.0.1')) === 'web\n');
  engine.current = await startEngineProcess(path);
  const startMs = performance.now();
  await isBack();

  // Beside what it takes to ask all of it on a machine as busy as this one.
  expect(performance.now() - startMs).toBeLessThan(backWithinMs + 3 * askingMs);
});
