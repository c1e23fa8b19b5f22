import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { busyboxImage } from '../busybox-archive.ts';
import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { createContainer, uniqueName } from '../fixtures.ts';
import { compressors, tarOf } from '../tar.ts';
import { differing } from './differences.ts';
import { specsOf } from './specs-of.ts';

/** Images: into the engine, looked at, named, and out of it. */
export function imageConformance(engine: () => EngineUnderTest): void {
  const test = specsOf(engine);
  const load = (archive: Buffer) => ask(engine(), 'POST /images/load', { body: archive });

  test('a loaded image has the id of its configuration and the digests of its layers', async () => {
    const tag = `${uniqueName('image')}:1`;
    const image = busyboxImage([tag], { Labels: { tag }, ExposedPorts: { '80/tcp': {} }, User: 'www' });

    expect((await load(image.archive)).body.toString()).toContain(`Loaded image: ${tag}`);

    expect((await ask(engine(), `GET /images/${tag}/json`, { as: 'ImageInspect' })).value).toMatchObject({
      Id: image.id,
      RepoTags: [tag],
      Os: 'linux',
      Size: expect.any(Number) as unknown,
      RootFS: { Type: 'layers', Layers: [image.diffId] },
      Config: { Cmd: ['sh'], Labels: { tag }, User: 'www', ExposedPorts: { '80/tcp': {} } },
    });
  });

  test('docker-compose 1.29, which asks for the newest version, finds what it recreates containers by', async () => {
    const headers = { 'user-agent': 'docker-compose/1.29.2 docker-py/5.0.3 Linux/6.1.0' };

    expect((await ask(engine(), 'GET /images/busybox/json', { headers })).value).toMatchObject({ ContainerConfig: { Volumes: null } });
  });

  test('an archive that is none is refused', async () => {
    const { status, value } = await load(Buffer.from('this is no archive'.repeat(100)));

    expect([status, value]).toEqual([200, { errorDetail: { message: expect.any(String) as string }, error: expect.any(String) as string }]);
  });

  for (const [kind, pack] of compressors)
    test(`a root file system compressed with ${kind} is imported, and saved as the plain tar`, async () => {
      const name = uniqueName('import');
      const tar = tarOf([{ path: 'hello', content: kind }]);

      const { status } = await ask(engine(), `POST /images/create?fromSrc=-&repo=${name}&tag=1`, { body: pack(tar) });

      expect(status).toBe(200);
      const { value } = await ask(engine(), `GET /images/${name}:1/json`);
      expect(value).toMatchObject({ RootFS: { Layers: [sha256(tar)] } });
      const saved = await ask(engine(), `GET /images/${name}:1/get`);
      const read = (file: string): Buffer => execFileSync('tar', ['xOf', '-', file], { input: saved.body });
      const [{ Layers: [layer = ''] } = { Layers: [] }] = JSON.parse(read('manifest.json').toString()) as { Layers: string[] }[];
      expect(sha256(read(layer))).toBe(sha256(tar));
      await ask(engine(), `DELETE /images/${name}:1`);
    });

  test('images are listed, by reference and label as well', async () => {
    const tag = `${uniqueName('image')}:2`;
    const { archive, id } = busyboxImage([tag], { Labels: { tag } });
    await load(archive);

    for (const filters of [{ reference: [tag] }, { label: [`tag=${tag}`] }]) {
      const { value } = await ask(engine(), `GET /images/json?filters=${encodeURIComponent(JSON.stringify(filters))}`, {
        as: 'ImageSummary[]',
      });
      expect(value).toEqual([expect.objectContaining({ Id: id, RepoTags: [tag], Containers: expect.any(Number) as unknown })]);
    }
  });

  test('history names how an image came to be', async () => {
    const { value } = await ask(engine(), 'GET /images/busybox/history', { as: 'HistoryResponseItem[]' });

    expect(value).toEqual([expect.objectContaining({ CreatedBy: 'busybox-static', Tags: ['busybox:latest'] })]);
  });

  test('a tag is another name; with the last name the image goes', async () => {
    const [name, other] = [uniqueName('image'), uniqueName('image')];
    const { archive, id } = busyboxImage([`${name}:1`], { Labels: { name } });
    await load(archive);

    expect(await ask(engine(), `POST /images/${name}:1/tag?repo=${other}&tag=2`)).toMatchObject({ status: 201 });
    expect((await ask(engine(), `DELETE /images/${name}:1`, { as: 'ImageDeleteResponseItem[]' })).value).toEqual([
      { Untagged: `${name}:1` },
    ]);
    expect((await ask(engine(), `GET /images/${other}:2/json`)).value).toMatchObject({ Id: id, RepoTags: [`${other}:2`] });
    expect((await ask(engine(), `DELETE /images/${other}:2`)).value).toEqual(
      expect.arrayContaining([{ Untagged: `${other}:2` }, { Deleted: id }]),
    );
    expect(await ask(engine(), `GET /images/${other}:2/json`)).toMatchObject({
      status: 404,
      message: expect.stringContaining(`No such image: ${other}:2`) as unknown,
    });
  });

  test('an image with two names is removed by its id only by force', async () => {
    const name = uniqueName('image');
    const { archive, id } = busyboxImage([`${name}:1`, `${name}:2`, `${name}-more:1`], { Labels: { name } });
    await load(archive);

    expect(await ask(engine(), `DELETE /images/${id}`)).toMatchObject({
      status: 409,
      message: expect.stringMatching(/must be forced.*referenced in multiple repositories/) as unknown,
    });
    expect(await ask(engine(), `DELETE /images/${id}?force=1`)).toMatchObject({ status: 200 });
  });

  test('an image that a container uses stays', async () => {
    const name = uniqueName('image');
    await load(busyboxImage([`${name}:1`], { Labels: { name } }).archive);
    const container = await createContainer(engine(), { Image: `${name}:1` });

    expect(await ask(engine(), `DELETE /images/${name}:1`)).toMatchObject({
      status: 409,
      message: expect.stringMatching(
        /^conflict: unable to remove repository reference .* \(must force\) - container [0-9a-f]{12} is using its referenced image/,
      ) as unknown,
    });
    await ask(engine(), `DELETE /containers/${container.id}`);
    expect(await ask(engine(), `DELETE /images/${name}:1`)).toMatchObject({ status: 200 });
  });

  test('a saved image is loaded again with the same id', async () => {
    const tag = `${uniqueName('image')}:1`;
    const { archive, id } = busyboxImage([tag], { Labels: { tag } });
    await load(archive);

    const saved = await ask(engine(), `GET /images/${tag}/get`);
    await ask(engine(), `DELETE /images/${tag}`);
    expect(await load(saved.body)).toMatchObject({ status: 200 });

    expect((await ask(engine(), `GET /images/${tag}/json`)).value).toMatchObject({ Id: id });
  });

  test('several images are saved into one archive, a bare name with all of its tags', async () => {
    const name = uniqueName('image');
    const { archive, id } = busyboxImage([`${name}:1`, `${name}:2`], { Labels: { name } });
    await load(archive);

    const { status, headers, body } = await ask(engine(), `GET /images/get?names=${name}&names=busybox:latest`);

    expect([status, headers['content-type']]).toEqual([200, 'application/x-tar']);
    const read = (file: string): string => execFileSync('tar', ['xOf', '-', file], { input: body, encoding: 'utf8' });
    const manifests = JSON.parse(read('manifest.json')) as { Config: string; RepoTags: string[]; Layers: string[] }[];
    expect(manifests.map(({ RepoTags }) => RepoTags.sort()).sort()).toEqual([['busybox:latest'], [`${name}:1`, `${name}:2`]]);
    expect(manifests.map(({ Config }) => sha256(read(Config)))).toContain(id);
    const hex = expect.stringMatching(/^[0-9a-f]{64}$/) as unknown;
    expect(JSON.parse(read('repositories'))).toEqual({ busybox: { latest: hex }, [name]: { 1: hex, 2: hex } });
    expect(await ask(engine(), 'GET /images/get?names=none-such')).toMatchObject({
      status: 404,
      message: expect.stringMatching(/No such image: none-such/) as unknown,
    });
  });

  test('a name that is none is refused', async () => {
    expect(await ask(engine(), 'POST /images/busybox/tag?repo=UPPER')).toMatchObject({
      status: differing('statusOfBadInput', engine()),
      message: expect.stringMatching(/invalid reference format: repository name .*must be lowercase/) as unknown,
    });
    expect(await ask(engine(), 'GET /images/none-such/json')).toMatchObject({
      status: 404,
      message: expect.stringMatching(/No such image: none-such(:latest)?$/) as unknown,
    });
  });

  test('a pull of a name that is none is refused', async () => {
    expect((await ask(engine(), 'POST /images/create?fromImage=UPPER')).status).toBe(400);
  });

  test('a login that cannot be read is none, and the pull goes on without it', async () => {
    const headers = { 'x-registry-auth': 'null' };
    expect((await ask(engine(), 'POST /images/create?fromImage=127.0.0.1:1/x', { headers })).message).toMatch(/connection refused/);
  });
}

const sha256 = (text: string | Buffer): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
