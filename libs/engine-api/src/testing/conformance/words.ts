import { execFileSync } from 'node:child_process';
import { busyboxImage } from '../busybox-archive.ts';
import { ask, type EngineUnderTest, type Method } from '../engine-under-test.ts';
import { createContainer, runContainer } from '../fixtures.ts';
import { differing } from './differences.ts';
import { specsOf } from './specs-of.ts';

type Refused = readonly [line: `${Method} ${string}`, message: RegExp, body?: unknown];

/** What people read when they ask for what cannot be; between versions of dockerd only capitals differ. */
export function wordConformance(engine: () => EngineUnderTest): void {
  const test = specsOf(engine);
  const expectRefusals = async (refusals: readonly Refused[]): Promise<void> => {
    for (const [line, message, body] of refusals) {
      const answer = await ask(engine(), line, body === undefined ? {} : { body });
      expect({ line, ...answer }).toMatchObject({ line, message: expect.stringMatching(message) as unknown });
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
  };

  test('a paused container is named as the request named it', async () => {
    const { id, name } = await runContainer(engine(), 'sleep 60');
    await ask(engine(), `POST /containers/${id}/pause`);

    await expectRefusals([
      [`POST /containers/${name}/exec`, new RegExp(`^Container ${name} is paused, unpause the container before exec$`), { Cmd: ['true'] }],
      [
        `POST /containers/${name}/attach?stream=1&stdout=1`,
        new RegExp(`^container ${name} is paused, unpause the container before attach$`),
      ],
      [`POST /containers/${name}/pause`, new RegExp(`^Container ${id} is already paused$`)],
    ]);
    await ask(engine(), `DELETE /containers/${id}?force=1`);
  });

  test('signals that are none, and a container that has ended, are told with the name that was asked for', async () => {
    const { id, name } = await runContainer(engine(), 'sleep 60');

    await expectRefusals([
      [
        `POST /containers/${name}/kill?signal=99`,
        new RegExp(`^cannot kill container: ${name}: the linux daemon does not support signal 99$`, 'i'),
      ],
      [`POST /containers/${name}/kill?signal=NOPE`, /invalid signal: NOPE$/i],
    ]);
    await ask(engine(), `POST /containers/${id}/kill`);
    await expectRefusals([
      [`POST /containers/${name}/kill`, new RegExp(`^cannot kill container: ${name}: container ${id} is not running$`, 'i')],
    ]);
  });

  test('a name that is taken or none is told as a new name of a container that has one', async () => {
    const { id, name: one } = await createContainer(engine(), {});
    const { name: other } = await createContainer(engine(), {});

    await expectRefusals([
      [
        `POST /containers/${other}/rename?name=${one}`,
        new RegExp(`^Error when allocating new name: Conflict. The container name "/${one}" is already in use by container "${id}"`),
      ],
      [
        `POST /containers/${other}/rename?name=bad%20name`,
        /^Error when allocating new name: Invalid container name \(\/bad name\), only \[a-zA-Z0-9\]/,
      ],
    ]);
  });

  test('detach keys that are none are refused, of an exec as well', async () => {
    const { id } = await runContainer(engine(), 'sleep 60');

    const exec = await ask(engine(), `POST /containers/${id}/exec`, { body: { Cmd: ['true'], DetachKeys: 'ctrl-nope' } });
    expect(exec).toMatchObject({ status: differing('statusOfBadInput', engine()), message: 'Invalid escape keys (ctrl-nope) provided' });
    await expectRefusals([
      [`POST /containers/${id}/attach?stream=1&stdout=1&detachKeys=ctrl-nope`, /^Invalid detach keys \(ctrl-nope\) provided$/],
    ]);
    await ask(engine(), `DELETE /containers/${id}?force=1`);
  });

  test('a container without a network is connected to none', async () => {
    const { id } = await createContainer(engine(), { HostConfig: { NetworkMode: 'none' } });

    await expectRefusals([
      [
        'POST /networks/bridge/connect',
        /^container cannot be connected to multiple networks with one of the networks in private \(none\) mode$/,
        { Container: id },
      ],
    ]);
  });

  test('a program that a detached exec cannot find is told at once', async () => {
    const { id } = await runContainer(engine(), 'sleep 60');
    const exec = await ask(engine(), `POST /containers/${id}/exec`, { body: { Cmd: ['none-such'] } });
    const { Id } = exec.value as { Id: string };

    await expectRefusals([
      [
        `POST /exec/${Id}/start`,
        /^OCI runtime exec failed: exec failed: unable to start container process: exec: "none-such": executable file not found/,
        { Detach: true },
      ],
    ]);
    await ask(engine(), `DELETE /containers/${id}?force=1`);
  });

  test('what is missing or no value is named as it was asked for', async () => {
    const filtered = (filters: object): `GET ${string}` => `GET /containers/json?filters=${encodeURIComponent(JSON.stringify(filters))}`;
    const create = 'POST /containers/create' as const;
    const image = { Image: 'busybox' };

    await expectRefusals([
      ['GET /images/get?names=none-such', /No such image: none-such$/],
      ['POST /volumes/create', /^create x: volume name is too short, names should be at least two alphanumeric characters$/, { Name: 'x' }],
      [filtered({ publish: ['x'] }), /error while looking up for publish x: strconv.ParseUint: parsing "x": invalid syntax$/],
      [filtered({ status: ['none'] }), /^invalid filter 'status=none'/i],
      [create, /type "volume": invalid specification: destination can't be '\/'$/, { ...image, HostConfig: { Binds: ['data:/'] } }],
      [
        create,
        /^invalid mount config for type "bind": invalid propagation mode: none$/,
        { ...image, HostConfig: { Mounts: [{ Type: 'bind', Source: '/tmp', Target: '/x', BindOptions: { Propagation: 'none' } }] } },
      ],
    ]);
  });

  test('what a request lacks, and what contradicts itself, is told before anything is done', async () => {
    const { id, name } = await runContainer(engine(), 'sleep 60');
    const notANumber = /strconv\.ParseInt: parsing "x": invalid syntax$/;

    await expectRefusals([
      ['POST /containers/none-such/kill', /^cannot kill container: none-such: No such container: none-such$/i],
      [`POST /containers/${name}/start`, /^starting container with non-empty request body was deprecated/, { Binds: ['/tmp:/x'] }],
      [`POST /containers/${name}/resize`, /^strconv\.Atoi: parsing "": invalid syntax$/],
      [`GET /containers/${name}/logs?stdout=1&since=x`, notANumber],
      [`GET /containers/${name}/logs?stdout=1&until=x`, notANumber],
      [`GET /v1.41/containers/${name}/stats?one-shot=1`, /^cannot have stream=true and one-shot=true$/],
      ['POST /commit', /^invalid name or ID supplied: ""$/, {}],
      ['POST /networks/bridge/connect', /^invalid name or ID supplied: ""$/, {}],
    ]);
    await ask(engine(), `DELETE /containers/${id}?force=1`);
  });

  test('a parameter that a version does not have is not read', async () => {
    const listed = async (version: string): Promise<unknown> =>
      (await ask(engine(), `GET /v${version}/images/json?filter=none-such`)).value;

    expect(await listed('1.40')).toEqual([]);
    expect(await listed('1.41')).not.toEqual([]);
    expect((await ask(engine(), 'GET /v1.41/system/df?type=none-such')).status).toBe(200);
  });

  test('a program that cannot be found where it should run is told in words that the docker CLI knows', async () => {
    const { id } = await createContainer(engine(), { Cmd: ['true'], HostConfig: { Sysctls: { 'net.none': '1' } } });

    await expectRefusals([[`POST /containers/${id}/start`, /open \/proc\/sys\/net\/none: no such file or directory/]]);
  });

  test('the size of an image has the lengths of its links in it', async () => {
    const { value } = await ask(engine(), 'GET /images/busybox/json');
    const { Size, GraphDriver } = value as { Size: number; GraphDriver: { Data: { UpperDir: string } } };

    const lines = execFileSync('tar', ['tvf', '-'], { input: busyboxImage().layer, encoding: 'utf8' }).trim().split('\n');
    const sizes = lines.map((line) => Number(line.split(/ +/)[2]) + (/ -> (.*)/.exec(line)?.[1]?.length ?? 0));
    expect(Size).toBe(sizes.reduce((sum, size) => sum + size, 0));
    expect(GraphDriver.Data.UpperDir).toMatch(/^\//);
  });
}
