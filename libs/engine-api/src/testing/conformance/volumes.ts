import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { createContainer, inspect, uniqueName } from '../fixtures.ts';
import { specsOf } from './specs-of.ts';

/** Volumes: the objects themselves. What containers see of them is in `mounts.ts`. */
export function volumeConformance(engine: () => EngineUnderTest): void {
  const test = specsOf(engine);

  test('a volume is created, listed, inspected and removed', async () => {
    const name = uniqueName('volume');

    expect(
      (await ask(engine(), 'POST /volumes/create', { body: { Name: name, Labels: { team: 'web' } }, as: 'Volume' })).value,
    ).toMatchObject({ Name: name, Driver: 'local', Scope: 'local', Mountpoint: expect.stringContaining(name) as unknown });
    expect((await ask(engine(), `GET /volumes/${name}`, { as: 'Volume' })).value).toMatchObject({ Name: name, Labels: { team: 'web' } });
    expect(
      (await ask(engine(), `GET /volumes?filters=${encodeURIComponent(JSON.stringify({ name: [name] }))}`, { as: 'VolumeListResponse' }))
        .value,
    ).toMatchObject({ Volumes: [{ Name: name }] });
    expect(await ask(engine(), `DELETE /volumes/${name}`)).toMatchObject({ status: 204 });
    expect(await ask(engine(), `GET /volumes/${name}`)).toMatchObject({ status: 404, message: `get ${name}: no such volume` });
  });

  test('creating it again changes nothing', async () => {
    const name = uniqueName('volume');
    const first = await ask(engine(), 'POST /volumes/create', { body: { Name: name } });

    expect(await ask(engine(), 'POST /volumes/create', { body: { Name: name } })).toMatchObject({ status: 201, value: first.value });
  });

  test('a volume in use stays', async () => {
    const name = uniqueName('volume');
    const container = await createContainer(engine(), { HostConfig: { Binds: [`${name}:/data`] } });

    expect(await ask(engine(), `DELETE /volumes/${name}`)).toMatchObject({
      status: 409,
      message: expect.stringMatching(new RegExp(`remove ${name}: volume is in use - \\[${container.id}\\]`)) as unknown,
    });
    expect((await inspect(engine(), container)).value).toMatchObject({
      Mounts: [{ Type: 'volume', Name: name, Destination: '/data', RW: true }],
    });
    await ask(engine(), `DELETE /containers/${container.id}`);
    expect(await ask(engine(), `DELETE /volumes/${name}`)).toMatchObject({ status: 204 });
  });

  test('a bind shows a directory of the host', async () => {
    const container = await createContainer(engine(), { Cmd: ['true'], HostConfig: { Binds: ['/usr:/host:ro'] } });

    expect((await inspect(engine(), container)).value).toMatchObject({
      Mounts: [{ Type: 'bind', Source: '/usr', Destination: '/host', RW: false }],
    });
    expect(
      await ask(engine(), 'POST /containers/create', {
        body: { Image: 'busybox', HostConfig: { Mounts: [{ Type: 'bind', Source: '/none/such', Target: '/x' }] } },
      }),
    ).toMatchObject({ status: 400, message: expect.stringMatching(/bind source path does not exist: \/none\/such/) as unknown });
  });
}
