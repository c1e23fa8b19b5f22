import { unusedPort } from '@gantry/base/testing';
import { askUntil } from '../ask-until.ts';
import { busyboxImage } from '../busybox-archive.ts';
import { docker, dockerOnTerminal, fetchOnHost } from '../docker-cli.ts';
import type { EngineUnderTest } from '../engine-under-test.ts';
import { beforeTheEnd, uniqueName } from '../fixtures.ts';
import { specsOf } from './specs-of.ts';

/** The ordinary docker command line. */
export function dockerCliConformance(engine: () => EngineUnderTest): void {
  const test = specsOf(engine);
  const run = (...args: string[]) => docker(engine(), args);
  const until = async (isSo: () => Promise<boolean>): Promise<void> => {
    await askUntil(isSo, (is) => is);
  };

  test('docker version and info name the server', async () => {
    expect((await run('version', '--format', '{{.Server.APIVersion}} {{.Server.Os}}')).stdout).toMatch(/^1\.\d+ linux\n$/);
    expect(await run('version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Server/m) as unknown });
    expect(await run('info')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ Containers: \d+$/m) as unknown });
  });

  test('docker load and images show what was loaded', async () => {
    const tag = `${uniqueName('image')}:1`;

    expect(await docker(engine(), ['load'], { input: busyboxImage([tag], { Labels: { tag } }).archive })).toMatchObject({
      code: 0,
      stdout: `Loaded image: ${tag}\n`,
    });
    expect((await run('images', '--format', '{{.Repository}}:{{.Tag}}')).stdout.split('\n')).toContain(tag);
    expect(await run('rmi', tag)).toMatchObject({ code: 0, stdout: expect.stringContaining(`Untagged: ${tag}`) as unknown });
  });

  test('docker run --rm shows the output apart and passes the exit code on', async () => {
    const result = await run(
      'run',
      '--rm',
      '-e',
      'COLOUR=red',
      '-w',
      '/tmp',
      'busybox',
      'sh',
      '-c',
      'echo $COLOUR $PWD; echo oops >&2; exit 3',
    );

    expect(result).toEqual({ code: 3, stdout: 'red /tmp\n', stderr: 'oops\n' });
  });

  test('docker run says what it cannot start with the exit codes 127 and 126', async () => {
    expect(await run('run', '--rm', 'busybox', 'no-such-program')).toMatchObject({
      code: 127,
      stderr: expect.stringMatching(/executable file not found/) as unknown,
    });
    expect(await run('run', '--rm', 'busybox', '/etc/passwd')).toMatchObject({
      code: 126,
      stderr: expect.stringMatching(/permission denied/) as unknown,
    });
    expect(await run('start', 'no-such-container')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/No such container: no-such-container/) as unknown,
    });
  });

  test('docker run -i takes stdin to its end', async () => {
    const result = await docker(engine(), ['run', '--rm', '-i', 'busybox', 'md5sum'], { input: 'hello\n' });

    expect(result).toMatchObject({ code: 0, stdout: 'b1946ac92492d2347c6235b4d2611184  -\n' });
  });

  test('docker run -it is a terminal', async () => {
    const { code, stdout } = await dockerOnTerminal(engine(), [
      'run',
      '--rm',
      '-it',
      'busybox',
      'sh',
      '-c',
      'test -t 0 && echo a terminal; exit 4',
    ]);

    expect({ code, stdout: stdout.trim() }).toEqual({ code: 4, stdout: 'a terminal' });
  });

  test('docker run -d, ps, logs, exec, stop, start and rm lead a container through its life', async () => {
    const name = uniqueName();

    expect(
      await run('run', '-d', '--name', name, 'busybox', 'sh', '-c', 'trap "exit 0" TERM; echo ready; while :; do sleep 0.05; done'),
    ).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9a-f]{64}\n$/) as unknown });
    await until(async () => (await run('logs', name)).stdout === 'ready\n');
    expect((await run('ps', '--filter', `name=${name}`, '--format', '{{.Names}} {{.Image}} {{.State}} {{.Status}}')).stdout).toMatch(
      new RegExp(`^${name} busybox running Up `),
    );
    expect(await run('exec', name, 'sh', '-c', 'echo inside; exit 5')).toEqual({ code: 5, stdout: 'inside\n', stderr: '' });
    expect(await docker(engine(), ['exec', '-i', name, 'cat'], { input: 'through' })).toMatchObject({ code: 0, stdout: 'through' });
    expect(await run('stop', name)).toMatchObject({ code: 0, stdout: `${name}\n` });
    expect((await run('ps', '-a', '--filter', `name=${name}`, '--format', '{{.Status}}')).stdout).toMatch(/^Exited \(0\) /);
    expect(await run('start', name)).toMatchObject({ code: 0 });
    expect(await run('rm', name)).toMatchObject({ code: 1, stderr: expect.stringMatching(/cannot remove/i) as unknown });
    expect(await run('rm', '-f', name)).toMatchObject({ code: 0, stdout: `${name}\n` });
    expect((await run('ps', '-aq', '--filter', `name=${name}`)).stdout).toBe('');
  });

  test('docker exec -it is a terminal', async () => {
    const name = uniqueName();
    await run('run', '-d', '--name', name, 'busybox', 'sleep', '60');

    const { code, stdout } = await dockerOnTerminal(engine(), ['exec', '-it', name, 'sh', '-c', 'test -t 1 && echo a terminal; exit 6']);

    expect({ code, stdout: stdout.trim() }).toEqual({ code: 6, stdout: 'a terminal' });
    await run('rm', '-f', name);
  });

  test('docker logs -f follows to the end', async () => {
    const name = uniqueName();
    await run('run', '-d', '--name', name, 'busybox', 'sh', '-c', `echo one; sleep 0.5; echo two${beforeTheEnd(engine())}`);

    expect(await run('logs', '-f', name)).toMatchObject({ code: 0, stdout: 'one\ntwo\n' });
    await run('rm', '-f', name);
  });

  test('docker run -m, --cpus and --pids-limit show in the container', async () => {
    const read =
      'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max 2>/dev/null; true';
    const { stdout } = await run('run', '--rm', '-m', '48m', '--cpus', '0.5', 'busybox', 'sh', '-c', read);

    expect(stdout).toMatch(/^50331648$/m);
    expect(stdout).toMatch(/^50000( 100000)?$/m);
  });

  test('docker run -p answers on the port, on every address and on one', async () => {
    const [everywhere, local] = [await unusedPort('::'), await unusedPort('::')];
    const name = uniqueName();
    await run(
      'run',
      '-d',
      '--name',
      name,
      '-p',
      `${everywhere}:80`,
      '-p',
      `127.0.0.1:${local}:80`,
      'busybox',
      'httpd',
      '-f',
      '-h',
      '/var/www',
    );

    expect((await run('port', name, '80/tcp')).stdout.split('\n')).toEqual(
      expect.arrayContaining([`0.0.0.0:${everywhere}`, `127.0.0.1:${local}`]),
    );
    for (const port of [everywhere, local]) {
      await until(async () => (await fetchOnHost(engine(), port)) === 'hello from busybox\n');
    }
    expect(await run('run', '--rm', '-p', `${everywhere}:80`, 'busybox', 'true')).toMatchObject({
      code: 125,
      stderr: expect.stringMatching(/port is already allocated|address already in use/) as unknown,
    });
    await run('rm', '-f', name);
  });

  test('containers of one network know each other by name', async () => {
    const [network, name] = [uniqueName('net'), uniqueName()];
    expect(await run('network', 'create', network)).toMatchObject({ code: 0 });
    await run('run', '-d', '--name', name, '--network', network, 'busybox', 'httpd', '-f', '-h', '/var/www');

    const { stdout: address } = await run('inspect', '-f', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', name);
    expect((await run('run', '--rm', '--network', network, 'busybox', 'nslookup', name)).stdout).toContain(`Address: ${address}`);
    await run('rm', '-f', name);
    expect(await run('network', 'rm', network)).toMatchObject({ code: 0 });
  });

  test('a volume keeps its files between containers', async () => {
    const volume = uniqueName('volume');

    await run('run', '--rm', '-v', `${volume}:/data`, 'busybox', 'sh', '-c', 'echo kept > /data/file');

    expect(await run('run', '--rm', '-v', `${volume}:/data:ro`, 'busybox', 'cat', '/data/file')).toMatchObject({
      code: 0,
      stdout: 'kept\n',
    });
    expect((await run('volume', 'ls', '-q')).stdout.split('\n')).toContain(volume);
    expect(await run('volume', 'rm', volume)).toMatchObject({ code: 0 });
  });
}
