import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { type Container, createContainer, exitCodeOf, beforeTheEnd, framesOf, inspect, runContainer } from '../fixtures.ts';
import { RawClient } from '../raw-client.ts';
import { specsOf } from './specs-of.ts';

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** Logs, attach, exec and events. */
export function streamConformance(engine: () => EngineUnderTest): void {
  const test = specsOf(engine);

  const logs = async ({ id }: Container, query: string): Promise<{ stdout: string; stderr: string }> =>
    framesOf((await ask(engine(), `GET /containers/${id}/logs?${query}`)).body);

  const execute = async ({ id }: Container, config: Readonly<Record<string, unknown>>): Promise<string> => {
    const { status, value, message } = await ask(engine(), `POST /containers/${id}/exec`, { body: config, as: 'IDResponse' });
    if (status !== 201) throw new Error(`no exec: ${status} ${message}`);
    return (value as { Id: string }).Id;
  };

  /** Opens the raw bytes of a route; the head is read. */
  const hijack = async (line: string, { body = '', upgrade = true }: { body?: string; upgrade?: boolean } = {}): Promise<RawClient> => {
    const client = await RawClient.connect(engine().socketPath);
    const offer = upgrade ? ['Connection: Upgrade', 'Upgrade: tcp'] : [];
    await client.sendHead(`${line} HTTP/1.1`, 'Host: d', 'Content-Type: application/json', `Content-Length: ${body.length}`, ...offer);
    await client.send(body);
    const head = await client.readHead();
    expect(head.status).toBe(upgrade ? 101 : 200);
    return client;
  };

  test('logs keep stdout and stderr apart, with timestamps and bounds', async () => {
    const container = await runContainer(engine(), 'for i in 1 2 3; do echo out$i; echo err$i >&2; done');
    await exitCodeOf(engine(), container);

    expect(await logs(container, 'stdout=1&stderr=1')).toEqual({ stdout: 'out1\nout2\nout3\n', stderr: 'err1\nerr2\nerr3\n' });
    expect(await logs(container, 'stdout=1')).toEqual({ stdout: 'out1\nout2\nout3\n', stderr: '' });
    expect((await logs(container, 'stdout=1&timestamps=1')).stdout).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z out1\n/);
    expect(await logs(container, 'stdout=1&since=4102444800')).toMatchObject({ stdout: '' });
    expect(await logs(container, 'stdout=1&until=1000000000')).toMatchObject({ stdout: '' });
    expect(await ask(engine(), `GET /containers/${container.id}/logs`)).toMatchObject({
      status: 400,
      message: 'Bad parameters: you must choose at least one stream',
    });
  });

  test('the tail of logs is as long as asked for', async () => {
    const container = await runContainer(engine(), 'for i in 1 2 3 4; do echo out$i; done; printf cut');
    await exitCodeOf(engine(), container);

    expect((await logs(container, 'stdout=1&tail=2')).stdout).toBe('out4\ncut');
    expect((await logs(container, 'stdout=1&tail=0')).stdout).toBe('');
    expect((await logs(container, 'stdout=1&tail=all')).stdout).toBe('out1\nout2\nout3\nout4\ncut');
    expect((await logs(container, 'stdout=1&tail=2&follow=1')).stdout).toBe('out4\ncut');
  });

  test('logs of a terminal are raw', async () => {
    const container = await runContainer(engine(), 'echo hi', { Tty: true });
    await exitCodeOf(engine(), container);

    expect((await ask(engine(), `GET /containers/${container.id}/logs?stdout=1`)).body.toString()).toBe('hi\r\n');
  });

  test('followed logs come line by line and end with the container', async () => {
    const container = await runContainer(engine(), `echo one; sleep 0.3; echo two${beforeTheEnd(engine())}`);

    expect(await logs(container, 'stdout=1&follow=1')).toMatchObject({ stdout: 'one\ntwo\n' });
  });

  test('many lines come whole and in order', async () => {
    const container = await runContainer(engine(), 'i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done');

    // Followed from the start, dockerd 20.10 itself now and then drops the last lines when the container ends.
    await exitCodeOf(engine(), container);
    const { stdout } = await logs(container, 'stdout=1&follow=1');

    expect(lines(stdout)).toEqual(Array.from({ length: 20_000 }, (_, number) => `line ${number}`));
  });

  test('an attached client is there before the first byte and gets stdin through', async () => {
    const container = await createContainer(engine(), {
      Cmd: ['sh', '-c', 'cat; echo done >&2'],
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
    });
    await using client = await hijack(`POST /containers/${container.id}/attach?stream=1&stdin=1&stdout=1&stderr=1`);

    await ask(engine(), `POST /containers/${container.id}/start`);
    await client.send('hello\n');
    await client.halfClose();

    expect(framesOf(await client.readToEnd())).toEqual({ stdout: 'hello\n', stderr: 'done\n' });
    expect(await exitCodeOf(engine(), container)).toBe(0);
  });

  test('a client without an Upgrade header gets the bytes as well', async () => {
    const container = await createContainer(engine(), { Cmd: ['cat'], OpenStdin: true, StdinOnce: true });
    await using client = await hijack(`POST /containers/${container.id}/attach?stream=1&stdin=1&stdout=1`, { upgrade: false });

    await ask(engine(), `POST /containers/${container.id}/start`);
    await client.send('hello\n');
    await client.halfClose();

    expect(framesOf(await client.readToEnd())).toMatchObject({ stdout: 'hello\n' });
  });

  test('a terminal is attached raw, and has the size that it is told', async () => {
    const container = await createContainer(engine(), { Cmd: ['sh'], Tty: true, OpenStdin: true });
    await using client = await hijack(`POST /containers/${container.id}/attach?stream=1&stdin=1&stdout=1`);
    await ask(engine(), `POST /containers/${container.id}/start`);

    expect(await ask(engine(), `POST /containers/${container.id}/resize?h=33&w=99`)).toMatchObject({ status: 200 });
    await client.send('stty size; exit 6\n');

    expect((await client.readToEnd()).toString()).toContain('33 99\r\n');
    expect(await exitCodeOf(engine(), container)).toBe(6);
  });

  test('a client that ends its input of a terminal, or of one that goes on reading, has left: the process goes on', async () => {
    const stays = 'head -n 1; exec sleep 60';
    const attached = async (config: Readonly<Record<string, unknown>>, query: string): Promise<[Container, RawClient]> => {
      const container = await createContainer(engine(), { Cmd: ['sh', '-c', stays], OpenStdin: true, ...config });
      const client = await hijack(`POST /containers/${container.id}/attach?stream=1&stdin=1${query}`);
      await ask(engine(), `POST /containers/${container.id}/start`);
      return [container, client];
    };
    const executed = async (config: Readonly<Record<string, unknown>>): Promise<[Container, RawClient]> => {
      const container = await runContainer(engine(), 'sleep 60');
      const id = await execute(container, { Cmd: ['sh', '-c', stays], AttachStdin: true, ...config });
      return [container, await hijack(`POST /exec/${id}/start`, { body: JSON.stringify({ Tty: config['Tty'] ?? false }) })];
    };
    const cases = [
      attached({}, '&stdout=1&stderr=1'),
      attached({ Tty: true, StdinOnce: true }, '&stdout=1&stderr=1'),
      executed({ Tty: true, AttachStdout: true }),
      // Where nothing is shown there is nothing to wait for.
      attached({ StdinOnce: true }, ''),
      executed({}),
    ];

    await Promise.all(
      cases.map(async (opened, number) => {
        const [container, client] = await opened;
        await using _ = client;
        const shows = number < 3;
        await client.send('typed\n');
        if (shows) await client.readTo('typed');
        await client.halfClose();

        expect((await client.readToEnd()).toString().replaceAll(/[^a-z]|typed/g, '')).toBe('');
        expect((await inspect(engine(), container)).value).toMatchObject({ State: { Running: true } });
        await ask(engine(), `POST /containers/${container.id}/kill`);
      }),
    );
  });

  test('an exec of which nothing is attached is told as started and nothing more', async () => {
    const container = await runContainer(engine(), 'sleep 60');
    const id = await execute(container, { Cmd: ['sh', '-c', 'echo said; exec sleep 60'] });
    await using client = await hijack(`POST /exec/${id}/start`, { body: '{}' });

    expect((await client.readToEnd()).toString()).toBe('');
    expect((await ask(engine(), `GET /exec/${id}/json`)).value).toMatchObject({ Running: true });
    const errors = await execute(container, { Cmd: ['sh', '-c', 'echo out; echo err >&2'], AttachStderr: true });
    expect(framesOf((await ask(engine(), `POST /exec/${errors}/start`, { body: {} })).body)).toEqual({ stdout: '', stderr: 'err\n' });
    const inFile = await execute(container, { Cmd: ['true'], AttachStdout: true, WorkingDir: '/etc/passwd' });
    expect((await ask(engine(), `POST /exec/${inFile}/start`, { body: {} })).body.toString()).toMatch(
      /OCI runtime exec failed: .*chdir to cwd \("\/etc\/passwd"\) set in config.json failed: not a directory/,
    );
    expect((await ask(engine(), `GET /exec/${inFile}/json`)).value).toMatchObject({ Running: false, ExitCode: 126 });
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });

  test('an exec has its own output, input, user and exit code, and the groups of the container', async () => {
    const container = await runContainer(engine(), 'sleep 60', { HostConfig: { GroupAdd: ['77'] } });
    const id = await execute(container, {
      Cmd: ['sh', '-c', 'cat; echo $A $(id -G) >&2; exit 9'],
      Env: ['A=b'],
      User: 'www',
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    await using client = await hijack(`POST /exec/${id}/start`, { body: '{"Detach":false,"Tty":false}' });

    await client.send('typed\n');
    await client.halfClose();

    expect(framesOf(await client.readToEnd())).toEqual({ stdout: 'typed\n', stderr: expect.stringMatching(/^b 1000 .*77\n$/) as unknown });
    expect((await ask(engine(), `GET /exec/${id}/json`, { as: 'ExecInspectResponse' })).value).toMatchObject({
      ID: id,
      ContainerID: container.id,
      Running: false,
      ...{ ExitCode: 9, CanRemove: false },
      ProcessConfig: { entrypoint: 'sh', arguments: ['-c', 'cat; echo $A $(id -G) >&2; exit 9'], tty: false },
    });
    expect((await ask(engine(), `POST /exec/${id}/start`, { body: {} })).body.toString()).toMatch(/has already run/);
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });

  test('an exec on a terminal is raw and is resized', async () => {
    const container = await runContainer(engine(), 'sleep 60');
    const id = await execute(container, { Cmd: ['sh'], Tty: true, AttachStdin: true, AttachStdout: true });
    await using client = await hijack(`POST /exec/${id}/start`, { body: '{"Tty":true}' });

    expect((await ask(engine(), `POST /exec/${id}/resize?h=40&w=120`)).status).toBeLessThan(300);
    await client.send('stty size; exit\n');

    expect((await client.readToEnd()).toString()).toContain('40 120\r\n');
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });

  test('whether an exec is answered in frames goes by how it is started, not by what it was made with', async () => {
    const container = await runContainer(engine(), 'sleep 30');
    const run = async (made: boolean, started: boolean): Promise<string> => {
      const id = await execute(container, { Cmd: ['echo', 'said'], Tty: made, AttachStdout: true });
      return (await ask(engine(), `POST /exec/${id}/start`, { body: { Tty: started } })).body.toString('latin1');
    };

    expect(await run(true, false)).toBe('\x01\0\0\0\0\0\0\x06said\r\n');
    expect(await run(false, true)).toBe('said\n');
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });

  test('a detached exec runs on', async () => {
    const container = await runContainer(engine(), 'while [ ! -e /tmp/go ]; do sleep 0.02; done; exit 8');
    const id = await execute(container, { Cmd: ['touch', '/tmp/go'] });

    expect(await ask(engine(), `POST /exec/${id}/start`, { body: { Detach: true } })).toMatchObject({ status: 200 });
    expect(await exitCodeOf(engine(), container)).toBe(8);
  });

  test('an exec needs a running container and a command', async () => {
    const stopped = await createContainer(engine(), {});
    const running = await runContainer(engine(), 'sleep 60');

    expect(await ask(engine(), `POST /containers/${stopped.id}/exec`, { body: { Cmd: ['true'] } })).toMatchObject({
      status: 409,
      message: expect.stringMatching(new RegExp(`^container ${stopped.id} is not running$`, 'i')) as unknown,
    });
    expect(await ask(engine(), `POST /containers/${running.id}/exec`, { body: {} })).toMatchObject({
      status: 400,
      message: 'No exec command specified',
    });
    expect(await ask(engine(), 'GET /exec/nope/json')).toMatchObject({
      status: 404,
      message: expect.stringMatching(/No such exec instance/) as unknown,
    });
    await ask(engine(), `POST /containers/${running.id}/kill`);
  });

  test('events tell the life of a container in order', async () => {
    const since = Math.floor(Date.now() / 1000) - 1;
    const container = await runContainer(engine(), 'exit 2');
    await exitCodeOf(engine(), container);
    await ask(engine(), `DELETE /containers/${container.id}`);
    const filters = encodeURIComponent(JSON.stringify({ container: [container.id], type: ['container'] }));

    const { body } = await ask(engine(), `GET /events?since=${since}&until=${Math.floor(Date.now() / 1000) + 1}&filters=${filters}`);

    const events = lines(body.toString()).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ Action }) => Action)).toEqual(['create', 'start', 'die', 'destroy']);
    expect(events[2]).toMatchObject({
      Type: 'container',
      status: 'die',
      id: container.id,
      from: 'busybox',
      scope: 'local',
      Actor: { ID: container.id, Attributes: { exitCode: '2', image: 'busybox', name: container.name } },
      time: expect.any(Number) as unknown,
      timeNano: expect.any(Number) as unknown,
    });
  });

  test('the head of events is there before the first event', async () => {
    await using client = await RawClient.connect(engine().socketPath);
    await client.sendHead('GET /events HTTP/1.1', 'Host: d');

    const head = await client.readHead();
    expect(head).toMatchObject({ status: 200 });
    const container = await createContainer(engine(), {});

    expect(await client.readTo(container.id)).toContain('"create"');
  });

  test('the head of wait is there as soon as the waiter is', async () => {
    const container = await createContainer(engine(), { Cmd: ['true'] });
    await using client = await RawClient.connect(engine().socketPath);
    await client.sendHead(`POST /containers/${container.id}/wait?condition=next-exit HTTP/1.1`, 'Host: d', 'Content-Length: 0');

    expect(await client.readHead()).toMatchObject({ status: 200 });
    await ask(engine(), `POST /containers/${container.id}/start`);

    expect(await client.readTo('}')).toContain('"StatusCode":0');
    expect((await inspect(engine(), container)).value).toMatchObject({ State: { Status: 'exited' } });
  });

  test('stats come again and again until the client goes', async () => {
    const container = await runContainer(engine(), 'sleep 60');
    await using client = await RawClient.connect(engine().socketPath);
    await client.sendHead(`GET /containers/${container.id}/stats HTTP/1.1`, 'Host: d');

    expect(await client.readHead()).toMatchObject({ status: 200 });
    await client.readTo('"precpu_stats"');
    await client.readTo('"precpu_stats"');
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });
}
