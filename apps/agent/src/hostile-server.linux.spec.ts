import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closedAfterEach, eventually, temporaryDirectory } from '@gantry/base/testing';
import type { Engine } from '@gantry/engine-api';
import { ask, busyboxArchive, type Dockerd, type EngineUnderTest, startDockerd } from '@gantry/engine-api/testing';
import { LinkServer } from '@gantry/link/testing';
import { startAgent } from './testing/start-agent.ts';
import { hostile } from './testing/scripted-engine.ts';

// A server that holds nothing back, before a real agent with a real engine: what its host's policy.json forbids does not come to be.
const opened = closedAfterEach();
const bundle = fileURLToPath(new URL('../dist/agent.mjs', import.meta.url));
let dockerd: Dockerd;
beforeAll(async () => {
  dockerd = await startDockerd();
}, 120_000);
afterAll(() => dockerd[Symbol.asyncDispose]());

interface Host {
  /** The agent, as the server reaches it. */
  readonly link: Engine;
  /** The engine, as root of the host reaches it. */
  readonly own: EngineUnderTest;
  readonly root: string;
  readonly policy: (value: unknown) => Promise<void>;
}

async function host(kind: 'native' | 'dockerd', policy: unknown): Promise<Host> {
  const server = opened.use(await LinkServer.start());
  const { path: root } = opened.use(await temporaryDirectory());
  const write = async (value: unknown): Promise<void> => {
    const path = join(root, 'data', 'agent', 'policy.json');
    await writeFile(`${path}.new`, JSON.stringify(value));
    await rename(`${path}.new`, path);
  };
  await mkdir(join(root, 'data', 'agent'), { recursive: true });
  await write(policy);
  await writeFile(join(root, 'code'), server.makeCode().text);
  const roots = { GANTRY_DATA_ROOT: join(root, 'data'), GANTRY_RUN_ROOT: join(root, 'run') };
  const engine = kind === 'native' ? { GANTRY_ENGINE: 'native' } : { GANTRY_ENGINE: 'docker', GANTRY_DOCKER_SOCKET: dockerd.socketPath };
  opened.use(
    startAgent(bundle, { args: ['--code-file', join(root, 'code')], environment: { GANTRY_SERVER_URL: server.url, ...engine, ...roots } }),
  );
  await eventually(() => expect(server.links).toHaveLength(1));
  const own: EngineUnderTest = { kind, socketPath: kind === 'native' ? join(root, 'run', 'docker.sock') : dockerd.socketPath, enter: [] };
  await ask(own, 'POST /images/load', { body: busyboxArchive() });
  const link = server.links[0]?.engine;
  if (!link) throw new Error('no link');
  return { link, own, root, policy: write };
}

async function send(link: Engine, line: string, body: unknown): Promise<{ status: number; value: { message?: string; Id?: string } }> {
  const answer = await link(hostile(line, { body: JSON.stringify(body) }));
  if (answer.kind !== 'plain') throw new Error('not plain');
  const chunks = answer.body instanceof Uint8Array ? [answer.body] : await Array.fromAsync(answer.body);
  const content = Buffer.concat(chunks).toString();
  return { status: answer.status, value: content === '' ? {} : (JSON.parse(content) as { message?: string; Id?: string }) };
}

async function made(own: EngineUnderTest): Promise<{ containers: number; volumes: number }> {
  const containers = (await ask(own, 'GET /containers/json?all=1')).value as unknown[];
  const { Volumes } = (await ask(own, 'GET /volumes')).value as { Volumes: unknown[] | null };
  return { containers: containers.length, volumes: Volumes?.length ?? 0 };
}

const narrow = { privileged: false, hostPaths: false, hostNamespaces: false, devices: false, capabilities: false, otherElevated: false };
const dangers: readonly (readonly [string, object])[] = [
  ['Privileged', { Privileged: true }],
  ['Binds', { Binds: ['/:/host'] }],
  ['Mounts', { Mounts: [{ Type: 'bind', Source: '/', Target: '/host' }] }],
  [
    'Mounts',
    { Mounts: [{ Type: 'volume', Target: '/v', VolumeOptions: { DriverConfig: { Options: { type: 'none', o: 'bind', device: '/' } } } }] },
  ],
  ['NetworkMode', { NetworkMode: 'host' }],
  ['PidMode', { PidMode: 'host' }],
  ['IpcMode', { IpcMode: 'host' }],
  ['CapAdd', { CapAdd: ['SYS_ADMIN'] }],
  ['Devices', { Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/x', CgroupPermissions: 'rwm' }] }],
  ['SecurityOpt', { SecurityOpt: ['seccomp=unconfined'] }],
  ['Sysctls', { Sysctls: { 'net.ipv4.ip_forward': '1' } }],
];

test.each(['native', 'dockerd'] as const)(
  'what the policy forbids is refused by name and nothing is made, with %s; what it allows is',
  async (kind) => {
    const { link, own, policy, root } = await host(kind, narrow);
    const before = await made(own);

    for (const [field, HostConfig] of dangers) {
      const { status, value } = await send(link, 'POST /v1.41/containers/create', { Image: 'busybox', Cmd: ['true'], HostConfig });
      expect([field, status, value.message]).toEqual([field, 403, expect.stringContaining(field)]);
    }
    expect((await send(link, 'POST /volumes/create', { Name: 'root', DriverOpts: { type: 'none', o: 'bind', device: '/' } })).status).toBe(
      403,
    );
    expect(await made(own)).toEqual(before);

    // Root of the host makes what it likes; the server does not reach into it.
    const rooted = await ask(own, 'POST /containers/create?name=rooted', {
      body: { Image: 'busybox', Cmd: ['sleep', '1000'], HostConfig: { Binds: ['/:/host'] } },
    });
    const { Id: rootedId } = rooted.value as { Id: string };
    opened.defer(async () => {
      await ask(own, `DELETE /containers/${rootedId}?force=1`);
    });
    expect((await send(link, `POST /containers/${rootedId}/exec`, { Cmd: ['cat', '/host/etc/shadow'] })).status).toBe(403);
    expect(await send(link, `GET /containers/${rootedId}/archive?path=/host/etc/hostname`, {})).toMatchObject({ status: 403 });
    expect(await send(link, 'POST /containers/create', { Image: 'busybox', HostConfig: { VolumesFrom: ['rooted'] } })).toMatchObject({
      status: 403,
    });

    // A list, taken up without a restart: the directory itself, and no link out of it.
    await mkdir(join(root, 'shared'));
    await symlink('/', join(root, 'shared', 'out'));
    await policy({ ...narrow, hostPaths: [join(root, 'shared')] });
    const bind = (source: string) =>
      send(link, 'POST /containers/create', {
        Image: 'busybox',
        Cmd: ['true'],
        HostConfig: { Binds: [`${source}:/x`], NetworkMode: 'none' },
      });
    expect(await bind(join(root, 'shared', 'out'))).toMatchObject({ status: 403 });
    const allowed = await bind(join(root, 'shared'));
    expect(allowed).toMatchObject({ status: 201 });
    opened.defer(async () => {
      await ask(own, `DELETE /containers/${allowed.value.Id ?? ''}?force=1`);
    });
    expect((await send(link, `POST /containers/${allowed.value.Id ?? ''}/start`, {})).status).toBe(204);
  },
  120_000,
);
