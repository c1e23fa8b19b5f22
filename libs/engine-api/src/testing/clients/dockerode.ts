import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import Dockerode from 'dockerode';
import { askUntil } from '../ask-until.ts';
import type { EngineUnderTest } from '../engine-under-test.ts';
import { uniqueName } from '../fixtures.ts';
import { tarOf } from '../tar.ts';

/** dockerode 5, whose HTTP and hijacking are Node's own. */
export function dockerodeClient(engine: () => EngineUnderTest): void {
  const client = (): Dockerode => new Dockerode({ socketPath: engine().socketPath });

  test('dockerode attaches with stdin before the start and waits', () => attachBeforeStart(client()));
  test('dockerode executes on a terminal and types', () => execOnTerminal(client()));
  test('dockerode follows logs, figures and events until they end', () => followAll(client()));
  test('dockerode puts and gets archives, commits and inspects images', () => archivesAndImages(client()));
  test('dockerode names errors by their status and in the words of the engine', () => nameErrors(client()));
}

async function attachBeforeStart(client: Dockerode): Promise<void> {
  const container = await client.createContainer({
    Image: 'busybox',
    Cmd: ['sh', '-c', 'cat; echo oops >&2; exit 3'],
    OpenStdin: true,
    StdinOnce: true,
  });
  const stream = await container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  client.modem.demuxStream(stream, stdout, stderr);
  const over = once(stream, 'end').then(() => [stdout.end(), stderr.end()]);

  await container.start();
  stream.end('typed');

  expect(await container.wait()).toMatchObject({ StatusCode: 3 });
  await over;
  expect([await text(stdout), await text(stderr)]).toEqual(['typed', 'oops\n']);
  await container.remove();
}

async function execOnTerminal(client: Dockerode): Promise<void> {
  const container = await running(client, 'while :; do sleep 1; done');
  const exec = await container.exec({ Cmd: ['sh'], Tty: true, AttachStdin: true, AttachStdout: true, AttachStderr: true, Env: ['PS1=>'] });
  const stream = await exec.start({ hijack: true, stdin: true, Tty: true });
  await exec.resize({ h: 33, w: 77 });
  stream.write('stty size; exit 5\n');

  expect(await text(stream)).toContain('33 77');
  await askUntil(
    () => exec.inspect(),
    ({ Running, ExitCode }) => !Running && ExitCode === 5,
  );
  await container.remove({ force: true });
}

async function followAll(client: Dockerode): Promise<void> {
  const name = uniqueName();
  const filters = { container: [name], event: ['start', 'die', 'destroy'] };
  const events = (await client.getEvents({ filters })) as Readable;
  const told: string[] = [];
  events.on('data', (line: Buffer) =>
    told.push(
      ...line
        .toString()
        .trim()
        .split('\n')
        .map((one) => (JSON.parse(one) as { Action: string }).Action),
    ),
  );
  const container = await running(client, 'for i in 1 2 3; do echo line $i; sleep 0.2; done; while :; do sleep 1; done', { name });

  const figures = await container.stats({ stream: true });
  const [first] = (await once(figures, 'data')) as [Buffer];
  expect(JSON.parse(first.toString())).toMatchObject({ name: `/${name}`, cpu_stats: { online_cpus: expect.any(Number) as number } });
  (figures as Readable).destroy();

  await followToItsEnd(client, container);
  await container.wait();
  await container.remove();
  await askUntil(
    () => Promise.resolve(told),
    ({ length }) => length === 3,
  );
  expect(told).toEqual(['start', 'die', 'destroy']);
  events.destroy();
}

async function followToItsEnd(client: Dockerode, container: Dockerode.Container): Promise<void> {
  const log = new PassThrough();
  const source = await container.logs({ follow: true, stdout: true, stderr: true });
  client.modem.demuxStream(source, log, log);
  source.on('end', () => log.end());
  let said = '';
  log.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const over = once(log, 'end');
  await askUntil(
    () => Promise.resolve(said),
    (lines) => lines.endsWith('line 3\n'),
  );
  await container.kill();
  await over;
  expect(said).toBe('line 1\nline 2\nline 3\n');
}

async function archivesAndImages(client: Dockerode): Promise<void> {
  const repo = uniqueName('image');
  const container = await running(client, 'while :; do sleep 1; done');
  await container.putArchive(tarOf([{ path: 'greeting', content: 'hello from outside' }]), { path: '/tmp' });
  expect(await text(await container.getArchive({ path: '/tmp/greeting' }))).toContain('hello from outside');
  expect(await container.changes()).toContainEqual({ Path: '/tmp/greeting', Kind: 1 });

  const { Id } = (await container.commit({ repo, tag: '1', comment: 'by dockerode', Cmd: ['cat', '/tmp/greeting'] })) as { Id: string };
  expect((await client.listImages({ filters: { reference: [`${repo}:1`] } })).map((image) => image.Id)).toEqual([Id]);
  expect(await client.getImage(`${repo}:1`).inspect()).toMatchObject({ Id, Comment: 'by dockerode', Os: 'linux' });
  const output = new PassThrough();
  const printed = text(output);
  const [{ StatusCode }] = (await client.run(`${repo}:1`, [], output, { HostConfig: { AutoRemove: true }, Tty: true })) as [
    { StatusCode: number },
  ];
  output.end();
  expect({ StatusCode, printed: await printed }).toEqual({ StatusCode: 0, printed: 'hello from outside' });
  await container.remove({ force: true });
  await askUntil(
    async () => client.listContainers({ all: true, filters: { ancestor: [`${repo}:1`] } }),
    ({ length }) => length === 0,
  );
  await client.getImage(`${repo}:1`).remove();
}

async function nameErrors(client: Dockerode): Promise<void> {
  await expect(client.getContainer('none-such').inspect()).rejects.toMatchObject({
    statusCode: 404,
    reason: 'no such container',
    json: { message: 'No such container: none-such' },
  });
  await expect(client.createContainer({ Image: 'none-such:1' })).rejects.toMatchObject({
    statusCode: 404,
    json: { message: 'No such image: none-such:1' },
  });
  const container = await running(client, 'while :; do sleep 1; done');
  await expect(container.start()).rejects.toMatchObject({ statusCode: 304 });
  await expect(container.remove()).rejects.toMatchObject({ statusCode: 409 });
  await container.remove({ force: true });
}

async function running(client: Dockerode, script: string, more: Dockerode.ContainerCreateOptions = {}): Promise<Dockerode.Container> {
  const container = await client.createContainer({ Image: 'busybox', Cmd: ['sh', '-c', script], ...more });
  await container.start();
  return container;
}
