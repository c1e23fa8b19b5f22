import { lstat, mkdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { readSettings } from '../config.ts';
import { findDocker } from '../machine/docker-answers.ts';
import { engineOfHost } from '../machine/engine-of-host.ts';
import { greeting, wordsOf } from '../parts/announce.ts';
import { restartDelayMs } from '../parts/keep.ts';
import { eventOf } from '../parts/part.ts';
import { gantry } from '../testing/gantry.ts';
import { disableLink, enableLink } from './docker-socket.ts';
import { unitFile } from './units.ts';

const opened = closedAfterEach();
const directory = async (): Promise<string> => opened.use(await temporaryDirectory()).path;

async function listening(): Promise<number> {
  const server = createSocketServer();
  opened.defer(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function fakeDocker(path: string, name: string): Promise<string> {
  const server = createServer((_request, response) => response.end(JSON.stringify({ Version: '1', Components: [{ Name: name }] })));
  opened.defer(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return path;
}

test('the version is that of package.json', async () => {
  const { version } = JSON.parse(await readFile(new URL('../../../../package.json', import.meta.url), 'utf8')) as { version: string };

  expect(await gantry(['--version'])).toEqual({ status: 0, output: `${version}\n`, errors: '' });
});

test('help goes to the standard output, a wrong word to the standard error with status 2', async () => {
  expect(await gantry(['--help'])).toMatchObject({ status: 0, errors: '' });
  expect(await gantry(['up', '--prot', '1'])).toEqual({
    status: 2,
    output: '',
    errors: 'gantry: unknown option --prot\n\nsee: gantry up --help\n',
  });
  expect(await gantry(['join'])).toMatchObject({ status: 2, errors: 'gantry: join needs --url, the address of the server\n' });
});

test('a port in use is one sentence, before anything is installed or started', async () => {
  const port = await listening();

  expect(await gantry(['up', '--listen', '127.0.0.1', '--port', String(port)])).toEqual({
    status: 1,
    output: '',
    errors: `gantry: port ${port} of 127.0.0.1 is in use: is Gantry running already? Choose another one with --port\n`,
  });
});

test('--no-install says that nothing is missing on a machine that is ready, and starts nothing', async () => {
  expect(await gantry(['up', '--no-install', '--engine', 'native', '--data-root', await directory()])).toEqual({
    status: 0,
    output: 'nothing is missing: ./gantry up installs and builds nothing here\n',
    errors: '',
  });
});

test('plain http to others than this machine is refused', async () => {
  expect(await gantry(['up', '--tls', 'off'])).toMatchObject({ status: 1, errors: expect.stringContaining('in the clear') as string });
});

test('a proxy without its address, and an address that this machine has not, are refused before anything is started', async () => {
  expect(await gantry(['up', '--behind-proxy'])).toMatchObject({ status: 2, errors: expect.stringContaining('needs --url') as string });
  expect(await gantry(['up', '--listen', '192.0.2.1'])).toMatchObject({
    status: 1,
    errors: 'gantry: cannot listen on port 7443 of 192.0.2.1: this machine has no address 192.0.2.1\n',
  });
});

test('a Docker that does not answer is named', async () => {
  const path = join(await directory(), 'none.sock');

  const { status, errors } = await gantry(['agent', '--engine', 'docker', '--docker-socket', path]);

  expect(status).toBe(1);
  expect(errors).toContain(`no Docker or Podman answers on ${path}`);
});

test('a Docker that answers is driven; our own engine behind the link is not', async () => {
  const root = await directory();
  const own = await fakeDocker(join(root, 'own.sock'), 'Gantry Engine');
  const docker = await fakeDocker(join(root, 'docker.sock'), 'Engine');

  expect(await findDocker([own])).toBeUndefined();
  expect(await findDocker([join(root, 'none.sock'), own, docker])).toBe(docker);
});

test('a host keeps the engine that it once had, until told otherwise', async () => {
  const dataRoot = await directory();
  const docker = await fakeDocker(join(dataRoot, 'docker.sock'), 'Engine');
  const settings = (engine: string): ReturnType<typeof readSettings> =>
    readSettings({ engine, 'data-root': dataRoot, 'docker-socket': docker }, {});
  expect(await engineOfHost(settings('auto'))).toEqual({ kind: 'docker', socket: docker });

  await mkdir(join(dataRoot, 'agent'));
  await writeFile(join(dataRoot, 'agent', 'engine.json'), '{"kind":"native"}');

  expect(await engineOfHost(settings('auto'))).toEqual({ kind: 'native' });
  expect(await engineOfHost(settings('docker'))).toMatchObject({ kind: 'docker' });
});

test('the docker socket is linked where it is free, and only that link is taken away again', async () => {
  const root = await directory();
  const [path, own] = [join(root, 'run', 'docker.sock'), join(root, 'gantry.sock')];

  expect(enableLink(path, own)).toContain('is root on this host');
  enableLink(path, own);
  expect(await readlink(path)).toBe(own);
  disableLink(path, own);
  await expect(lstat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(disableLink(path, own)).toContain('nothing to do');

  await symlink('/elsewhere', path);
  expect(() => enableLink(path, own)).toThrow(/is not free/);
  expect(() => disableLink(path, own)).toThrow(/nothing was changed/);
  expect(await readlink(path)).toBe('/elsewhere');
});

test('a backup needs a file and a server, and a restore a file that is there', async () => {
  const root = await directory();
  const file = join(root, 'backup.tgz');

  expect(await gantry(['backup', '--data-root', root])).toMatchObject({ status: 2, errors: 'gantry: backup needs the name of a file\n' });
  expect(await gantry(['backup', file, '--data-root', root])).toMatchObject({
    status: 1,
    errors: `gantry: there is no server in ${root}: nothing to back up\n`,
  });
  expect(await gantry(['restore', file, '--data-root', root])).toMatchObject({ status: 1, errors: `gantry: ${file} does not exist\n` });
});

test('units run the parts, and the end of an agent leaves containers alone', () => {
  const settings = readSettings({ port: '8443', url: 'https://a.example' }, {});
  const at = { root: '/opt/my gantry', settings, codeFile: '/run/gantry/code' };

  expect(unitFile('server', at)).toContain('ExecStart=/bin/sh "/opt/my gantry/gantry" server --no-install\n');
  expect(unitFile('server', at)).toContain('Environment="GANTRY_ENGINE_PORT=8444"\nEnvironment="GANTRY_URL=https://a.example"\n');
  expect(unitFile('agent', at)).toContain('agent --no-install --code-file "/run/gantry/code"');
  expect(unitFile('agent', at)).toContain('Delegate=yes\nKillMode=process\n');
  expect(unitFile('agent', { ...at, systemdVersion: 254 })).toContain('Delegate=yes\nDelegateSubgroup=agent\nKillMode=process\n');
  const dialled = (listen: string): string =>
    /GANTRY_SERVER_URL=[^"]*/.exec(unitFile('agent', { ...at, settings: { ...settings, listen } }))?.[0] ?? '';
  expect(unitFile('agent', at)).toContain('GANTRY_SERVER_URL=https://127.0.0.1:8443');
  expect([dialled('0.0.0.0'), dialled('::1')]).toEqual([
    'GANTRY_SERVER_URL=https://127.0.0.1:8443',
    'GANTRY_SERVER_URL=https://[::1]:8443',
  ]);
});

test('a part is started again within a second, more slowly once it keeps ending', () => {
  const crashes: number[] = [];

  expect([0, 1, 2, 3, 4, 5].map((second) => restartDelayMs(crashes, second * 1000))).toEqual([500, 500, 500, 500, 500, 10_000]);
  expect(restartDelayMs(crashes, 200_000)).toBe(500);
});

test('the greeting shows each address with the set-up code behind the hash, until there is an owner', () => {
  const event = { event: 'listening', urls: ['https://127.0.0.1:7443'], fingerprint: 'AB:CD', dataRoot: '/var/lib/gantry' };

  expect(greeting({ ...event, setupCode: 'CODE' })).toContain('https://127.0.0.1:7443/setup#code=CODE\n');
  expect(greeting(event)).toContain('    https://127.0.0.1:7443/\n');
  expect(greeting(event)).toContain('AB:CD');
});

test('what a part says becomes words; what is no event passes as it is', () => {
  expect(wordsOf('agent', eventOf('plain words'))).toBe('agent: plain words');
  expect(wordsOf('agent', eventOf('{"event":"connected","url":"https://a","state":"pending"}'))).toBe(
    'agent: connected to https://a and waits for approval',
  );
  expect(wordsOf('server', eventOf('{"event":"unknown"}'))).toBeUndefined();
});
