import { execFileSync, spawnSync } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, eventually, unusedPort } from '@gantry/base/testing';
import { gantry, RunningGantry } from '../testing/gantry.ts';
import { Person } from '../testing/person.ts';
import { foundIn, plantSecrets, wordsOfProcesses } from '../testing/planted-secrets.ts';
import { makeRoots, type Roots } from '../testing/roots.ts';

const opened = closedAfterEach();

interface Before {
  readonly port: string;
  readonly roots: Roots;
  readonly ada: Person;
  readonly running: RunningGantry;
}

/** A machine with a server that has its owner, and with its own agent as a host. */
async function inUse(): Promise<Before> {
  const [roots, port] = [await makeRoots(opened), String(await unusedPort())];
  const words = ['up', '--port', port, '--listen', '127.0.0.1', '--engine', 'native', ...roots.words];
  const running = opened.use(new RunningGantry(words));
  const [, url = '', code = ''] = await running.says(/(https:\/\/127\.0\.0\.1:\d+)\/setup#code=(\S+)$/);
  const ada = await Person.meet(url);
  expect(await ada.setUp(code)).toMatchObject({ status: 201 });
  await running.says(/^agent: connected to https:/);
  await eventually(async () => expect(await ada.hosts()).toMatchObject([{ link: 'live' }]));
  return { port, roots, ada, running };
}

test('a server that is brought back elsewhere knows its owner, its hosts trust it without joining again, and no secret was written down on the way', async () => {
  const { port, roots, ada, running } = await inUse();
  const [host] = await ada.hosts();
  const secrets = await plantSecrets(ada);
  expect(Object.entries(secrets).filter(([, secret]) => secret.length < 8)).toEqual([]);
  const audit = JSON.stringify((await ada.ask('GET /api/audit?limit=500')).body);
  expect(audit).toContain('createOwnToken');
  expect(foundIn(audit, secrets)).toEqual([]);
  expect(foundIn(wordsOfProcesses(running.child.pid ?? 0), secrets)).toEqual([]);
  const file = join(roots.directory, 'backup.tgz');
  expect(await gantry(['backup', file, ...roots.words])).toMatchObject({
    status: 1,
    errors: `gantry: the server of ${roots.data} is running: stop it first\n`,
  });
  await running.end('SIGINT');
  // The set-up code is printed, on purpose, until there is an owner.
  expect(foundIn(running.lines.join('\n'), secrets)).toEqual([]);

  expect(await gantry(['backup', file, ...roots.words])).toMatchObject({ status: 0, errors: '' });
  expect((await lstat(file)).mode & 0o777).toBe(0o600);
  const content = execFileSync('tar', ['xzOf', file], { encoding: 'latin1', maxBuffer: 2 ** 30 });
  expect(content.length).toBeGreaterThan(100_000);
  expect(foundIn(content, secrets)).toEqual([]);
  const other = await makeRoots(opened);
  expect(await gantry(['restore', file, ...other.words])).toMatchObject({ status: 0, errors: '' });

  const server = opened.use(new RunningGantry(['server', '--port', port, '--listen', '127.0.0.1', ...other.words]));
  const [listening] = await server.says(/^\{"event":"listening".*/);
  expect(listening).not.toContain('setupCode');
  const again = Person.knowing(ada.url, ada.authority);
  expect(await again.signIn()).toMatchObject({ status: 201, body: { name: 'ada', role: 'owner' } });
  const agent = opened.use(new RunningGantry(['agent', ...roots.words]));
  await agent.says(/"event":"connected"/);
  await eventually(async () => expect(await again.hosts()).toMatchObject([{ id: host?.id, link: 'live' }]));
}, 120_000);

test('what is damaged, foreign or in the way is refused in one sentence, and nothing is changed', async () => {
  const { roots, running } = await inUse();
  const file = join(roots.directory, 'backup.tgz');
  await running.end('SIGINT');
  await gantry(['backup', file, ...roots.words]);
  const other = await makeRoots(opened);
  const refused = async (path: string, why: RegExp, words = other.words): Promise<void> => {
    const { status, output, errors } = await gantry(['restore', path, ...words]);
    expect([status, output]).toEqual([1, '']);
    expect(errors).toMatch(why);
    expect(errors.trim().split('\n')).toHaveLength(1);
  };
  const make = async (name: string, content: Buffer | string): Promise<string> => {
    await writeFile(join(roots.directory, name), content);
    return join(roots.directory, name);
  };

  const whole = await readFile(file);
  const changed = Buffer.from(whole);
  const middle = Math.floor(whole.length / 2);
  changed[middle] = (changed[middle] ?? 0) ^ 0xff;
  await refused(await make('cut', whole.subarray(0, -100)), /cut off, damaged or no backup of Gantry \(.+\); nothing was changed/);
  await refused(await make('changed', changed), /cut off, damaged or no backup of Gantry \(.+\); nothing was changed/);
  await refused(await make('text', 'no archive'), /cut off, damaged or no backup of Gantry/);
  await refused(await archiveOf(roots.directory, 'etc/passwd'), /is no backup of Gantry: it holds etc\/; nothing/);
  await refused(await archiveOf(roots.directory, 'server/other.key'), /is no backup of Gantry: it lacks server\/identity\.key; nothing/);
  await refused(await archiveOf(roots.directory, 'server/identity.key', '/etc/shadow'), /it holds server\/identity\.key -> \/etc\/shadow/);
  await expect(readdir(other.data)).rejects.toMatchObject({ code: 'ENOENT' });

  const before = await readdir(roots.data, { recursive: true });
  await refused(file, /server exists: move it away first; nothing was changed/, roots.words);
  expect(await readdir(roots.data, { recursive: true })).toEqual(before);
}, 120_000);

/** An archive with one file, or one link, as somebody else could make it. */
async function archiveOf(directory: string, name: string, target?: string): Promise<string> {
  const root = join(directory, `of-${name.replaceAll('/', '-')}-${target === undefined ? 'file' : 'link'}`);
  const path = join(root, name);
  await mkdir(join(path, '..'), { recursive: true });
  if (target === undefined) await writeFile(path, 'content');
  else await symlink(target, path);
  const [top = ''] = name.split('/');
  const { status } = spawnSync('tar', ['--create', '--gzip', '--file', `${root}.tgz`, '--directory', root, top]);
  expect(status).toBe(0);
  return `${root}.tgz`;
}
