import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { askUntil } from '../ask-until.ts';
import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { type Container, createContainer, exitCodeOf, framesOf, inspect, runContainer, uniqueName } from '../fixtures.ts';
import { tarOf } from '../tar.ts';
import { differing } from './differences.ts';
import { specsOf } from './specs-of.ts';

type Config = Readonly<Record<string, unknown>>;

/** What an engine does whose containers have ids of their own: `userns-remap` gives them those from 100000 on, 65536 of both kinds. */
export function userNamespaceConformance(engine: () => EngineUnderTest): void {
  const test = specsOf(engine);
  const outputOf = async (script: string, config: Config = {}): Promise<string> => {
    const container = await runContainer(engine(), script, config);
    await exitCodeOf(engine(), container);
    const { stdout, stderr } = framesOf((await ask(engine(), `GET /containers/${container.id}/logs?stdout=1&stderr=1`)).body);
    return stdout + stderr;
  };
  const idsOf = async (container: Container): Promise<string | undefined> => {
    const { State } = (await inspect(engine(), container)).value as { State: { Pid: number } };
    return /^Uid:\s+(\d+)/m.exec(statusOf(engine(), State.Pid))?.[1];
  };

  test('root in a container is a user of the host that has no rights', async () => {
    const container = await runContainer(engine(), 'sleep 60');
    expect(await idsOf(container)).toBe('100000');
    await ask(engine(), `POST /containers/${container.id}/kill`);
    expect(await outputOf('id -u; for kind in uid gid; do echo $(cat /proc/self/${kind}_map); done')).toBe(
      '0\n0 100000 65536\n0 100000 65536\n',
    );
    const { SecurityOptions, DockerRootDir } = (await ask(engine(), 'GET /info')).value as {
      SecurityOptions: string[];
      DockerRootDir: string;
    };
    expect(SecurityOptions).toContain('name=userns');
    expect(DockerRootDir).toMatch(/\/100000\.100000$/);
  });

  test('what is in a container belongs to its root, and it can change that', async () => {
    const paths = '/ /bin /bin/busybox /etc/passwd /dev /dev/pts /dev/shm /var/www/index.html';
    const owners = await outputOf(`for path in ${paths}; do stat -c %u:%g $path; done | sort -u`);
    expect(owners).toBe('0:0\n');
    const script = `touch /f && chown 5:6 /f && stat -c %u:%g /f; echo x >/dev/shm/x && echo x >/t/x && echo x >>/etc/hosts && stat -c %u /t/x /dev/shm/x
      chown 65536 /f 2>/dev/null || echo no such id; mknod /n b 8 0 2>/dev/null || echo no device; echo 1 >/dev/null && echo null`;
    expect(await outputOf(script, { HostConfig: { Tmpfs: { '/t': '' } } })).toBe('5:6\n0\n0\nno such id\nno device\nnull\n');
  });

  test('the network of a container is its own: it binds low ports, sends what it likes to itself and cannot change the host', async () => {
    const script = `(echo q | nc -l -p 80) & until nc 127.0.0.1 80 </dev/null 2>/dev/null; do sleep 0.05; done; ping -c 1 -W 20 127.0.0.1 >/dev/null && echo pinged
      [ -d /sys/class/net/lo ] && echo links`;
    expect(await outputOf(script)).toBe('q\npinged\nlinks\n');
  });

  test('users of the image, in a container and in an exec, are those of the container, and write to their output', async () => {
    const container = await runContainer(engine(), 'id -u; echo own >/dev/stdout; sleep 60', { User: '1000:1000' });
    expect(await idsOf(container)).toBe('101000');
    expect(await run(engine(), container, 'id -u; echo out >/dev/stdout')).toBe('1000\nout\n');
    expect(await run(engine(), container, { script: 'id -u; id -g; echo out >/dev/stdout', user: '0' })).toBe('0\n0\nout\n');
    expect(await run(engine(), container, { script: 'id -u; id -g', user: '7:8' })).toBe('7\n8\n');
    await askUntil(
      async () => framesOf((await ask(engine(), `GET /containers/${container.id}/logs?stdout=1`)).body).stdout,
      (stdout) => stdout === '1000\nown\n',
    );
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });

  test('root writes to the output of its container by name as well', async () => {
    expect(await outputOf('echo out >/dev/stdout; echo err >/dev/stderr')).toBe('out\nerr\n');
  });

  test('a volume begins with what the image has, and belongs to the root of containers', async () => {
    const [filled, empty] = [uniqueName('volume'), uniqueName('volume')];
    const Binds = [`${filled}:/var/www`, `${empty}:/data`];
    const script = 'stat -c %u:%g /var/www /var/www/index.html /data; touch /data/mine /var/www/mine && chown 5 /data/mine /var/www/mine';
    expect(await outputOf(script, { HostConfig: { Binds } })).toBe('0:0\n0:0\n0:0\n');
    expect(await outputOf('stat -c %u /data/mine /var/www/mine', { HostConfig: { Binds } })).toBe('5\n5\n');
  });

  test('what is bound from the host stays whose it is; a directory that was missing is made for the container', async () => {
    await using directory = await temporaryDirectory();
    const given = join(directory.path, 'given');
    mkdirSync(given, { mode: 0o755 });
    writeFileSync(join(given, 'f'), 'of the host');
    const Binds = [`${given}:/given`, `${directory.path}/new/deep:/new`];
    const script =
      'stat -c %u /given /given/f; cat /given/f; echo; touch /given/x 2>/dev/null || echo refused; touch /new/x && stat -c %u /new';
    expect(await outputOf(script, { HostConfig: { Binds } })).toBe('65534\n65534\nof the host\nrefused\n0\n');
    expect(
      [given, join(given, 'f'), join(directory.path, 'new'), join(directory.path, 'new/deep/x')].map((path) => statSync(path).uid),
    ).toEqual([0, 0, 100_000, 100_000]);
  });

  test('files are copied in with the ids of the container; those that it does not have are refused', async () => {
    const container = await createContainer(engine(), {});
    const place = `/containers/${container.id}/archive?path=/tmp`;
    const put = (uid: number) => ask(engine(), `PUT ${place}`, { body: tarOf([{ path: 'd/' }, { path: 'd/f', content: 'x', uid }]) });
    expect(await put(5)).toMatchObject({ status: 200 });
    const { body } = await ask(engine(), `GET ${place}/d/f`);
    const [, owner] = /^\S+ (\d+)\//.exec(execFileSync('tar', ['tvf', '-', '--numeric-owner'], { input: body, encoding: 'utf8' })) ?? [];
    expect(owner).toBe(String(differing('ownerInArchive', engine())));
    expect((await put(65_536)).message).toContain('Container ID 65536 cannot be mapped to a host ID');
  });

  test('an image of a container, its export and its changes tell nothing of the host', async () => {
    const container = await runContainer(engine(), 'mkdir /made && echo x >/made/f && chown 5:6 /made/f');
    await exitCodeOf(engine(), container);
    const { body } = await ask(engine(), `GET /containers/${container.id}/export`);
    const listing = execFileSync('tar', ['tvf', '-', '--numeric-owner', 'made', 'bin/busybox'], { input: body, encoding: 'utf8' });
    expect(
      listing
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split(/\s+/)[1]),
    ).toEqual(['0/0', '0/0', '5/6']);
    const { value } = await ask(engine(), `GET /containers/${container.id}/changes`);
    expect((value as { Path: string }[]).map(({ Path }) => Path)).toEqual(expect.arrayContaining(['/made', '/made/f']));

    const name = uniqueName('image');
    await ask(engine(), `POST /commit?container=${container.id}&repo=${name}`, { body: {} });
    expect(await outputOf('stat -c %u:%g /made /made/f /bin/busybox', { Image: name })).toBe('0:0\n5:6\n0:0\n');
  });

  test('what needs the user namespace of the host is refused, unless it is asked for', async () => {
    const refusal = async (HostConfig: Config): Promise<string> =>
      (await ask(engine(), 'POST /containers/create', { body: { Image: 'busybox', HostConfig } })).message;
    expect(await refusal({ Privileged: true })).toBe(
      'privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode',
    );
    expect(await refusal({ NetworkMode: 'host' })).toBe("cannot share the host's network namespace when user namespaces are enabled");
    expect(await refusal({ PidMode: 'host' })).toBe('cannot share the host PID namespace when user namespaces are enabled');

    const script = 'echo $(cat /proc/self/uid_map); stat -c %u /etc/passwd';
    const whole = '0 0 4294967295\n100000\n';
    expect(await outputOf(script, { HostConfig: { UsernsMode: 'host' } })).toBe(whole);
    expect(await outputOf(script, { HostConfig: { UsernsMode: 'host', PidMode: 'host', NetworkMode: 'host' } })).toBe(whole);
    const asked = await createContainer(engine(), { HostConfig: { UsernsMode: 'host', Privileged: true } });
    expect((await inspect(engine(), asked)).value).toMatchObject({ HostConfig: { UsernsMode: 'host', Privileged: true } });
  });

  test('who shares namespaces of a container shares its user namespace', async () => {
    const first = await runContainer(engine(), 'echo first >/dev/shm/x; sleep 60', { HostConfig: { IpcMode: 'shareable' } });
    const namespace = 'readlink /proc/self/ns/user';
    const own = (await run(engine(), first, namespace)).trim();
    for (const mode of ['NetworkMode', 'PidMode', 'IpcMode']) {
      const HostConfig = { [mode]: `container:${first.id}` };
      expect(await outputOf(`${namespace}; id -u`, { HostConfig })).toBe(`${own}\n0\n`);
    }
    expect(await outputOf(namespace)).not.toBe(`${own}\n`);
    expect(
      await outputOf('while [ ! -s /dev/shm/x ]; do sleep 0.05; done; cat /dev/shm/x', {
        HostConfig: { IpcMode: `container:${first.id}` },
      }),
    ).toBe('first\n');
    await ask(engine(), `POST /containers/${first.id}/kill`);
  });

  test('a container without network, one that is read-only and one with a terminal work as ever', async () => {
    expect(await outputOf('ls /sys/class/net', { HostConfig: { NetworkMode: 'none' } })).toBe('lo\n');
    expect(
      await outputOf('touch /x 2>/dev/null || echo read-only; touch /t/x && echo t', {
        HostConfig: { ReadonlyRootfs: true, Tmpfs: { '/t': '' } },
      }),
    ).toBe('read-only\nt\n');
    const terminal = await runContainer(engine(), 'tty; stat -c %u $(tty)', { Tty: true, User: '1000' });
    await exitCodeOf(engine(), terminal);
    const { body } = await ask(engine(), `GET /containers/${terminal.id}/logs?stdout=1`);
    expect(body.toString()).toBe('/dev/pts/0\r\n1000\r\n');
  });
}

/** The peer numbers its processes itself: its own /proc is seen through its first one. */
function statusOf({ enter }: EngineUnderTest, pid: number): string {
  const [init] = /\/proc\/\d+\//.exec(enter[1] ?? '') ?? [];
  return readFileSync(init === undefined ? `/proc/${pid}/status` : `${init}root/proc/${pid}/status`, 'utf8');
}

/** What a command in a running container says; throws where it fails. */
async function run(engine: EngineUnderTest, { id }: Container, asked: string | { script: string; user: string }): Promise<string> {
  const { script, user } = typeof asked === 'string' ? { script: asked, user: '' } : asked;
  const body = { Cmd: ['sh', '-c', script], AttachStdout: true, AttachStderr: true, User: user };
  const exec = ((await ask(engine, `POST /containers/${id}/exec`, { body })).value as { Id: string }).Id;
  const { body: output } = await ask(engine, `POST /exec/${exec}/start`, { body: {} });
  const { ExitCode } = (await ask(engine, `GET /exec/${exec}/json`)).value as { ExitCode: number };
  const { stdout, stderr } = framesOf(output);
  if (ExitCode !== 0) throw new Error(`${script} ended with ${ExitCode}: ${stderr}`);
  return stdout;
}
