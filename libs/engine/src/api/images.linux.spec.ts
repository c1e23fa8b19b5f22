import { execFileSync } from 'node:child_process';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { ApiVersion, type Engine, type EngineRequest, routed } from '@gantry/engine-api';
import { openImages } from '../images/open-images.ts';
import { busyboxImage, dockerArchive, imageOf, tarFile, tarOf } from '../testing/image-archives.ts';
import { imageHandlers } from './images.ts';

const opened = closedAfterEach();
const kernel = { mountOverlay: () => Promise.resolve(), unmount: () => Promise.resolve(false) };

async function engine(): Promise<Engine> {
  const { path } = opened.use(await temporaryDirectory());
  const images = await openImages({ kernel, dataRoot: path, events: { publish: () => undefined } });
  return routed(imageHandlers(images), { server: 'test', versions: { oldest: ApiVersion.oldest, newest: ApiVersion.newest } });
}

async function ask(
  engineOf: Engine,
  line: string,
  body: Uint8Array = new Uint8Array(),
): Promise<{ status: number; text: string; bytes: Buffer }> {
  const [method, target = ''] = line.split(' ') as [EngineRequest['method'], string?];
  const response = await engineOf({
    method,
    target,
    headers: new Map(),
    upgrade: 'none',
    caller: { kind: 'process' },
    signal: new AbortController().signal,
    body: (async function* () {
      for (let at = 0; at < body.length; at += 65_536) yield await Promise.resolve(body.subarray(at, at + 65_536));
    })(),
  });
  if (response.kind !== 'plain') throw new Error('hijacked');
  const bytes = response.body instanceof Uint8Array ? Buffer.from(response.body) : Buffer.concat(await Array.fromAsync(response.body));
  return { status: response.status, text: bytes.toString(), bytes };
}

async function answered(engineOf: Engine, line: string): Promise<unknown> {
  return JSON.parse((await ask(engineOf, line)).text) as unknown;
}

const small = async (text: string, config = {}): ReturnType<typeof busyboxImage> => imageOf([await tarOf([tarFile('f', text)])], config);

test('a loaded image is listed, inspected and has a history, in the form of the asked version', async () => {
  const at = await engine();
  const image = await busyboxImage({ Labels: { tier: 'web' }, ExposedPorts: { '80/tcp': {} } });
  const load = await ask(at, 'POST /v1.41/images/load', await dockerArchive([{ image, tags: ['web:1'] }]));
  expect(load.text).toMatch(/"status":"Loading layer".*"progressDetail".*\r\n.*\{"stream":"Loaded image: web:1\\n"\}\r\n$/s);
  expect((await ask(at, 'POST /images/load?quiet=1', await dockerArchive([{ image, tags: ['web:1'] }]))).text).toBe(
    '{"stream":"Loaded image: web:1\\n"}\r\n',
  );

  expect(await answered(at, 'GET /v1.51/images/json')).toEqual([
    expect.objectContaining({
      Id: image.id,
      RepoTags: ['web:1'],
      RepoDigests: [],
      Created: 1714979289,
      Labels: { tier: 'web' },
      SharedSize: -1,
      Containers: -1,
    }),
  ]);
  expect(await answered(at, 'GET /v1.41/images/web:1/json')).toMatchObject({
    Id: image.id,
    Created: '2024-05-06T07:08:09.123456789Z',
    Config: { Tty: false, Cmd: ['sh'], Entrypoint: null, ExposedPorts: { '80/tcp': {} }, Labels: { tier: 'web' } },
    RootFS: { Type: 'layers', Layers: expect.arrayContaining([expect.stringMatching(/^sha256:/)]) as string[] },
    ContainerConfig: {},
  });
  expect((await answered(at, 'GET /v1.51/images/web:1/json')) as object).toMatchObject({
    Config: { Cmd: ['sh'], Entrypoint: null, OnBuild: null, User: '' },
  });
  expect(JSON.stringify(await answered(at, 'GET /v1.51/images/web:1/json'))).not.toMatch(/"Tty"|"Shell"|"ContainerConfig"|"VirtualSize"/);
  expect(await answered(at, 'GET /images/web:1/history')).toEqual([
    expect.objectContaining({ Id: image.id, Tags: ['web:1'], CreatedBy: 'layer 1' }),
    expect.objectContaining({ Id: '<missing>', Tags: null, CreatedBy: 'layer 0' }),
  ]);
});

test.each([
  ['reference=app', '{"reference":["app"]}', ['app:1', 'app:2']],
  ['reference=app:*', '{"reference":["app:*"]}', ['app:1', 'app:2']],
  ['reference=*/app', '{"reference":["*/app"]}', ['team/app:1']],
  ['reference, older form', '{"reference":{"app:2":true}}', ['app:2']],
  ['label', '{"label":["tier"]}', ['team/app:1']],
  ['label=value', '{"label":["tier=db"]}', []],
  ['dangling', '{"dangling":["true"]}', ['<none>:<none>']],
  ['not dangling', '{"dangling":["false"]}', ['app:1', 'app:2', 'team/app:1']],
  ['until long ago', '{"until":["2020-01-01T00:00:00Z"]}', []],
  ['until a moment ago', '{"until":["10m"]}', ['<none>:<none>', 'app:1', 'app:2', 'team/app:1']],
  ['since itself', '{"since":["app:1"]}', []],
])('the filter %s chooses', async (_, filters, tags) => {
  const at = await engine();
  const archive = await dockerArchive([
    { image: await small('1'), tags: ['app:1', 'app:2'] },
    { image: await small('2', { Labels: { tier: 'web' } }), tags: ['team/app:1'] },
    { image: await small('3') },
  ]);
  await ask(at, 'POST /images/load', archive);
  const rows = (await answered(at, `GET /v1.41/images/json?filters=${encodeURIComponent(filters)}`)) as { RepoTags: string[] }[];
  expect(rows.flatMap(({ RepoTags }) => RepoTags).sort()).toEqual(tags);
});

test('a platform is asked for as JSON, as clients do since API 1.48, and what is of another one is not there', async () => {
  const at = await engine();
  const asking = (platform: object): string => `platform=${encodeURIComponent(JSON.stringify(platform))}`;
  const archive = await dockerArchive([{ image: await small('1'), tags: ['app:1'] }]);
  const loaded = async (query: string) => (await ask(at, `POST /images/load?${query}`, archive)).text;
  await ask(at, 'POST /images/load', archive);
  const { Architecture } = (await answered(at, 'GET /images/app:1/json')) as { Architecture: string };
  const [own, other] = [asking({ os: 'linux', architecture: Architecture }), asking({ os: 'linux', architecture: 's390x' })];

  expect(await loaded(own)).toContain('Loaded image: app:1');
  for (const line of ['GET /images/app:1/json', 'GET /images/app:1/history', 'GET /images/app:1/get']) {
    expect((await ask(at, `${line}?${own}`)).status).toBe(200);
    expect(await ask(at, `${line}?${other}`)).toMatchObject({
      status: 404,
      text: `{"message":"image with reference app:1 was found but its platform (linux/${Architecture}) does not match the specified platform (linux/s390x)"}\n`,
    });
  }
  expect(await ask(at, 'GET /images/app:1/json?platform={')).toMatchObject({ status: 400 });
});

test('what is saved is an archive that this engine and others load again, with the same ids', async () => {
  const [at, other] = [await engine(), await engine()];
  const [one, two] = [await busyboxImage(), await small('2')];
  await ask(
    at,
    'POST /images/load',
    await dockerArchive([
      { image: one, tags: ['one:1', 'one:2'] },
      { image: two, tags: ['two'] },
    ]),
  );
  const saved = await ask(at, 'GET /images/get?names=one:1&names=two');
  const listed = execFileSync('tar', ['-tf', '-'], { input: saved.bytes, encoding: 'utf8' }).split('\n');
  expect(listed).toEqual(expect.arrayContaining(['manifest.json', 'index.json', 'oci-layout', `blobs/sha256/${one.id.slice(7)}`]));
  expect((await ask(other, 'POST /images/load', saved.bytes)).text).toMatch(/Loaded image: one:1.*Loaded image: two:latest/s);
  const rows = (await answered(other, 'GET /images/json')) as { Id: string; RepoTags: string[] }[];
  expect(new Map(rows.map(({ Id, RepoTags }) => [Id, RepoTags]))).toEqual(
    new Map([
      [one.id, ['one:1']],
      [two.id, ['two:latest']],
    ]),
  );
  expect((await ask(at, `GET /images/${one.id}/get`)).status).toBe(200);
});

test('tags and removals answer as dockerd does', async () => {
  const at = await engine();
  const image = await small('1');
  await ask(at, 'POST /images/load', await dockerArchive([{ image, tags: ['app'] }]));
  expect(await ask(at, 'POST /images/app/tag?repo=localhost:5000/app&tag=x')).toMatchObject({ status: 201, text: '' });
  expect(await ask(at, `DELETE /images/${image.id.slice(7, 19)}`)).toMatchObject({ status: 409 });
  expect(await answered(at, 'DELETE /images/localhost:5000/app:x')).toEqual([{ Untagged: 'localhost:5000/app:x' }]);
  expect(await answered(at, `DELETE /images/${image.id}`)).toEqual([
    { Untagged: 'app:latest' },
    { Deleted: image.id },
    { Deleted: expect.any(String) as string },
  ]);
  expect(await ask(at, 'DELETE /images/app')).toMatchObject({ status: 404, text: '{"message":"No such image: app:latest"}\n' });
  expect(await ask(at, 'GET /images/App/json')).toMatchObject({ status: 400 });
});

test('prune removes what has no tag, or with dangling=false all that no container uses', async () => {
  const at = await engine();
  const dangling = await small('1');
  await ask(at, 'POST /images/load', await dockerArchive([{ image: dangling }, { image: await small('22'), tags: ['app'] }]));
  expect(await answered(at, 'POST /images/prune')).toMatchObject({ ImagesDeleted: [{ Deleted: dangling.id }, {}], SpaceReclaimed: 1 });
  expect(await answered(at, 'POST /images/prune')).toEqual({ ImagesDeleted: null, SpaceReclaimed: 0 });
  expect(await answered(at, 'POST /images/prune?filters={"dangling":["false"]}')).toMatchObject({ SpaceReclaimed: 2 });
  expect(await answered(at, 'GET /images/json')).toEqual([]);
});

test('an archive that is none, and one that breaks later, end with the error as a line', async () => {
  const at = await engine();
  const none = await ask(at, 'POST /images/load', Buffer.from('no archive'.repeat(100)));
  expect([none.status, none.text]).toEqual([200, expect.stringMatching(/^\{"errorDetail":\{"message":"(.+)"\},"error":"\1"\}\r\n$/)]);
  const [good, bad] = [await small('good'), await small('bad')];
  const broken = { ...bad, layers: [await tarOf([tarFile('f', 'evil')])] };
  const { status, text } = await ask(
    at,
    'POST /images/load',
    await dockerArchive([
      { image: good, tags: ['g'] },
      { image: broken, tags: ['b'] },
    ]),
  );
  expect([status, text]).toEqual([
    200,
    expect.stringMatching(/"errorDetail":\{"message":"layer verification failed.*"error":"layer verification failed.*\r\n$/s),
  ]);
});
