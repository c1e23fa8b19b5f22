import { spawnSync } from 'node:child_process';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { peerPath } from '@gantry/engine-api/testing';
import { contextNames } from './context-names.ts';
import { DockerContexts, type GantryContext } from './docker-contexts.ts';

const opened = closedAfterEach();
const keys = { ca: 'ca', cert: 'cert', key: 'key' };
const mark = {
  server: 'https://box:7443',
  hostId: 'h',
  hostName: 'web1',
  certificate: 'c',
  expiresAt: '2027-01-01T00:00:00Z',
  trust: 'own',
} as const;
const context: GantryContext = { name: 'gantry-web1', host: 'tcp://box:7444/engine/h', mark };

test('docker finds a context that was written without it, and its keys are for nobody else to read', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const contexts = new DockerContexts(path);
  contexts.write(context, keys);
  contexts.write(context, keys);
  const docker = join(peerPath('docker.io').split(':').at(-1) ?? '', 'docker');
  const { stdout, stderr } = spawnSync(docker, ['context', 'inspect', 'gantry-web1'], { env: { DOCKER_CONFIG: path }, encoding: 'utf8' });

  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject([
    {
      ...{ Name: 'gantry-web1', Metadata: { Description: 'web1 of https://box:7443' } },
      ...{
        Endpoints: { docker: { Host: context.host, SkipTLSVerify: false } },
        TLSMaterial: { docker: ['ca.pem', 'cert.pem', 'key.pem'] },
      },
    },
  ]);
  expect([contexts.list(), contexts.keys('gantry-web1')]).toEqual([[context], keys]);
  const files = (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  expect(files.map(({ name }) => name).sort()).toEqual(['ca.pem', 'cert.pem', 'key.pem', 'meta.json']);
  for (const { parentPath, name } of files) expect((await stat(join(parentPath, name))).mode & 0o777).toBe(0o600);

  contexts.remove('gantry-web1');
  expect([contexts.list(), await readdir(join(path, 'contexts/tls'))]).toEqual([[], []]);
});

test('contexts of others, and what is none, are not taken for ours', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const contexts = new DockerContexts(path);
  expect(contexts.list()).toEqual([]);
  const docker = join(peerPath('docker.io').split(':').at(-1) ?? '', 'docker');
  spawnSync(docker, ['context', 'create', 'mine', '--docker', 'host=unix:///x'], { env: { DOCKER_CONFIG: path } });
  await mkdir(join(path, 'contexts/meta/broken'));
  await writeFile(join(path, 'contexts/meta/broken/meta.json'), '{');
  expect([contexts.list(), contexts.isForeign('mine'), contexts.isForeign('gantry-web1')]).toEqual([[], true, false]);
});

test('hosts get names that docker takes, and no two the same', () => {
  const hosts = [
    { id: '1-aaaaaaaa', name: 'web 1' },
    { id: '2-bbbbbbbb', name: 'web/1' },
    { id: '3', name: 'db.lan' },
  ];
  expect([...contextNames(hosts, 'lab').values()]).toEqual(['lab-web-1-aaaaaaaa', 'lab-web-1-bbbbbbbb', 'lab-db.lan']);
});
