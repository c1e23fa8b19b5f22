import type { Grant, Rights } from '@gantry/access';
import { belongingsOf, Guarded, type Reached, teamsEngine } from '../testing/index.ts';

const [red, blue] = [belongingsOf('red', 'a'), belongingsOf('blue', 'b')];
const gone = '9'.repeat(64);
let guarded: Guarded;
let reached: Reached[];

beforeEach(() => {
  const teams = teamsEngine([red, blue]);
  ({ reached } = teams);
  guarded = new Guarded(teams.engine);
});

const ask = (line: string, body?: unknown) => guarded.ask(guarded.rights('deployer', 'red', ['exec', 'files']), line, { body });
const asAdmin = (line: string, body?: unknown) => guarded.ask(guarded.rights('owner'), line, { body });
const forwarded = () => reached.filter(({ caller }) => caller.kind === 'person');
const forwardedBody = (): unknown => JSON.parse(forwarded().at(-1)?.body ?? 'null');
const create = (change: object = {}) => ({ Image: 'red/app:1', HostConfig: { NetworkMode: 'red-net' }, ...change });

test.each([
  ['its full id', red.container],
  ['its name', 'red-web'],
  ['its name with a slash', '%2Fred-web'],
  ['the beginning of its id', 'aaaaaaaaaaaa'],
])('a container is found by %s, and its full id is forwarded', async (_, name) => {
  if (name.startsWith('%')) return expect((await ask(`POST /containers/${name}/start`)).status).toBe(400);
  expect((await ask(`POST /containers/${name}/start`)).status).toBe(200);
  expect(forwarded().map(({ target }) => target)).toEqual([`/v1.51/containers/${red.container}/start`]);
});

test('a name wins over the beginning of an id, a full id over a name, and a beginning that fits several is refused', async () => {
  const [first, second] = [`ab${'0'.repeat(62)}`, `ab${'1'.repeat(62)}`];
  const named = { ...belongingsOf('red', 'a'), container: first };
  const other = { ...belongingsOf('ab', 'a'), container: second };
  const teams = teamsEngine([named, other]);
  guarded = new Guarded(teams.engine);

  expect(await asAdmin('POST /containers/ab/start')).toMatchObject({
    status: 400,
    value: { message: 'multiple IDs found with provided prefix: ab' },
  });
  // To somebody who sees one of the two only, it is that one's.
  expect((await ask('POST /containers/ab/start')).status).toBe(200);
  expect(teams.reached.at(-1)?.target).toBe(`/v1.51/containers/${first}/start`);
});

test.each([
  ['POST /containers/{}/start', blue.container, gone],
  ['POST /containers/{}/start', 'blue-web', 'nobody'],
  ['POST /containers/{}/start', 'bbbbbbbbbbbb', '999999999999'],
  ['GET /containers/{}/json', 'blue-web', 'nobody'],
  ['DELETE /containers/{}?force=1', 'blue-web', 'nobody'],
  ['GET /networks/{}', 'blue-net', 'nobody'],
  ['GET /networks/{}', blue.network, gone],
  ['DELETE /networks/{}', 'blue-net', 'nobody'],
  ['GET /volumes/{}', 'blue-data', 'nobody'],
  ['DELETE /volumes/{}', 'blue-data', 'nobody'],
  ['GET /gantry/volumes/{}/files?path=/', 'blue-data', 'nobody'],
  ['GET /images/{}/json', 'blue/app:1', 'no/app:1'],
  ['GET /images/{}/json', blue.image, `sha256:${gone}`],
  ['GET /images/{}/history', 'blue/app:1', 'no/app:1'],
  ['GET /exec/{}/json', blue.exec, gone],
  ['POST /exec/{}/start', blue.exec, gone],
  ['POST /commit?container={}', 'blue-web', 'nobody'],
  ['GET /containers/{}/top?ps_args=axe', 'blue-web', 'nobody'],
  ['GET /containers/json?filters={"before":["{}"]}', 'blue-web', 'nobody'],
  ['GET /containers/json?filters={"volume":["{}"]}', 'blue-data', 'nobody'],
])('%s answers alike for what is foreign (%s) and what is not there (%s)', async (line, foreign, missing) => {
  const [one, other] = [await ask(line.replace('{}', foreign), {}), await ask(line.replace('{}', missing), {})];

  expect([one.status, one.text.replaceAll(foreign, '{}')]).toEqual([other.status, other.text.replaceAll(missing, '{}')]);
  expect(forwarded().filter(({ method }) => method !== 'GET')).toEqual([]);
});

test.each<[string, (name: string) => object, [string, string]]>([
  ['Image', (name) => ({ Image: name }), ['blue/app:1', 'no/app:1']],
  ['NetworkMode', (name) => ({ HostConfig: { NetworkMode: name } }), ['blue-net', 'nobody']],
  ['NetworkMode of a container', (name) => ({ HostConfig: { NetworkMode: `container:${name}` } }), ['blue-web', 'nobody']],
  ['PidMode', (name) => ({ HostConfig: { NetworkMode: 'red-net', PidMode: `container:${name}` } }), ['blue-web', 'nobody']],
  ['IpcMode', (name) => ({ HostConfig: { NetworkMode: 'red-net', IpcMode: `container:${name}` } }), ['blue-web', 'nobody']],
  ['Cgroup', (name) => ({ HostConfig: { NetworkMode: 'red-net', Cgroup: `container:${name}` } }), ['blue-web', 'nobody']],
  ['VolumesFrom', (name) => ({ HostConfig: { NetworkMode: 'red-net', VolumesFrom: [`${name}:ro`] } }), ['blue-web', 'nobody']],
  ['Links', (name) => ({ HostConfig: { NetworkMode: 'red-net', Links: [`${name}:alias`] } }), ['blue-web', 'nobody']],
  ['Binds', (name) => ({ HostConfig: { NetworkMode: 'red-net', Binds: [`${name}:/data`] } }), ['blue-data', 'nobody']],
  [
    'Mounts',
    (name) => ({ HostConfig: { NetworkMode: 'red-net', Mounts: [{ Type: 'volume', Source: name, Target: '/d' }] } }),
    ['blue-data', 'nobody'],
  ],
  [
    'image Mounts',
    (name) => ({ HostConfig: { NetworkMode: 'red-net', Mounts: [{ Type: 'image', Source: name, Target: '/d' }] } }),
    ['blue/app:1', 'no/app:1'],
  ],
  ['EndpointsConfig', (name) => ({ NetworkingConfig: { EndpointsConfig: { [name]: {} } } }), ['blue-net', 'nobody']],
  [
    'EndpointsConfig.Links',
    (name) => ({ NetworkingConfig: { EndpointsConfig: { 'red-net': { Links: [`${name}:x`] } } } }),
    ['blue-web', 'nobody'],
  ],
])('a container that names something foreign in %s is refused as if it were not there', async (_, change, [foreign, missing]) => {
  const answerOf = (name: string) => ask('POST /containers/create', create(change(name)));
  const [one, other] = [await answerOf(foreign), await answerOf(missing)];

  expect(one.status).toBe(404);
  expect([one.status, one.text.replaceAll(foreign, '{}')]).toEqual([other.status, other.text.replaceAll(missing, '{}')]);
  expect(forwarded()).toEqual([]);
});

test('every reference of a new container is forwarded as the id of what it names', async () => {
  const own = {
    Image: 'red/app:1',
    HostConfig: {
      NetworkMode: 'red-net',
      Links: ['red-web:w'],
      Binds: ['red-data:/d:ro'],
      Mounts: [{ Type: 'volume', Source: 'red-data', Target: '/e' }],
    },
    NetworkingConfig: { EndpointsConfig: { 'red-net': { Links: ['red-web:x'] } } },
  };

  expect((await ask('POST /containers/create', own)).status).toBe(201);
  expect(forwardedBody()).toMatchObject({
    Image: red.image,
    HostConfig: { NetworkMode: red.network, Links: [`${red.container}:w`], Binds: ['red-data:/d:ro'], Mounts: [{ Source: 'red-data' }] },
    NetworkingConfig: { EndpointsConfig: { [red.network]: { Links: [`${red.container}:x`] } } },
  });
});

test('what somebody makes in their stack gets the label of the stack, and another project is refused', async () => {
  await ask('POST /containers/create?name=x', create({ Labels: { a: 'b' } }));
  expect(forwardedBody()).toMatchObject({ Labels: { a: 'b', 'gantry.stack': 'red' } });
  await ask('POST /volumes/create', { Name: 'fresh' });
  expect(forwardedBody()).toEqual({ Name: 'fresh', Labels: { 'gantry.stack': 'red' } });
  await ask('POST /networks/create', { Name: 'fresh' });
  expect(forwardedBody()).toEqual({ Name: 'fresh', Labels: { 'gantry.stack': 'red' } });
  const before = forwarded().length;

  const [theirs, nobodys] = ['blue', 'nobody'].map((project) => ({ 'com.docker.compose.project': project }));
  for (const Labels of [theirs, nobodys]) {
    expect((await ask('POST /containers/create', create({ Labels }))).status).toBe(403);
    expect((await ask('POST /volumes/create', { Name: 'fresh', Labels })).status).toBe(403);
    expect((await ask('POST /networks/create', { Name: 'fresh', Labels })).status).toBe(403);
  }
  expect(forwarded()).toHaveLength(before);
});

test('who may make things in two stacks has to say in which', async () => {
  const { grants } = guarded.rights('deployer', 'red');
  const rights = { grants: [...grants, ...guarded.rights('deployer', 'blue').grants] };

  expect(await guarded.ask(rights, 'POST /volumes/create', { body: { Name: 'fresh' } })).toMatchObject({ status: 400 });
  const Labels = { 'com.docker.compose.project': 'blue' };
  expect((await guarded.ask(rights, 'POST /volumes/create', { body: { Name: 'fresh', Labels } })).status).toBe(200);
  expect(forwardedBody()).toMatchObject({ Labels: { ...Labels, 'gantry.stack': 'blue' } });
});

test('a container that takes the place of another stays where that was, whoever does it', async () => {
  const id = 'd'.repeat(64);
  guarded.known.note(guarded.hostId, { kind: 'container', id, name: 'stamped', labels: { 'gantry.stack': 'red', other: 'x' } });
  await asAdmin(`POST /gantry/containers/${id}/recreate`, create({ Labels: { a: 'b' } }));
  expect(forwardedBody()).toMatchObject({ Labels: { a: 'b', 'gantry.stack': 'red' } });
  await ask(`POST /gantry/containers/${id}/recreate`, create());
  expect(forwardedBody()).toMatchObject({ Labels: { 'gantry.stack': 'red' } });
  const HostConfig = { NetworkMode: 'none', Mounts: [{ Type: 'volume', Target: '/d' }] };
  await asAdmin(`POST /gantry/containers/${id}/recreate`, create({ HostConfig }));
  expect(forwardedBody()).toMatchObject({ HostConfig: { Mounts: [{ VolumeOptions: { Labels: { 'gantry.stack': 'red' } } }] } });
  expect((await asAdmin(`POST /gantry/containers/${id}/recreate`, create({ Labels: { 'gantry.stack': 'blue' } }))).status).toBe(400);
});

test('to recreate a container is to start one and to read its last words, too', async () => {
  const [grant] = guarded.rights('deployer', 'red').grants;
  if (!grant) throw new Error('no grant');
  for (const missing of ['container:start', 'container:logs', 'container:remove'] as const) {
    const permissions = new Set([...grant.permissions].filter((one) => one !== missing));
    const rights = { grants: [{ ...grant, permissions }] };
    expect(await guarded.ask(rights, 'POST /gantry/containers/red-web/recreate', { body: create() })).toMatchObject({ status: 403 });
  }
  expect((await ask('POST /gantry/containers/red-web/recreate', create())).status).toBe(200);
});

test('a grant by labels stamps its labels, and reaches what has them', async () => {
  const selector = [{ key: 'tier', value: 'front', isNot: false }];
  const [grant] = guarded.rights('deployer', 'x').grants;
  if (!grant) throw new Error('no grant');
  const rights = { grants: [{ ...grant, scope: { kind: 'labels', selector } as const }] };

  expect((await guarded.ask(rights, 'POST /volumes/create', { body: { Name: 'fresh', Labels: { tier: 'back' } } })).status).toBe(200);
  expect(forwardedBody()).toMatchObject({ Labels: { tier: 'back', 'gantry.label.tier': 'front' } });
  expect((await guarded.ask(rights, 'GET /containers/json')).value).toEqual([]);
});

test('a volume that is mounted and not there is made on the way for who may make it anywhere, and has to be made first in a stack', async () => {
  const HostConfig = { NetworkMode: 'none', Binds: ['fresh:/d'], Mounts: [{ Type: 'volume', Source: 'fresh', Target: '/e' }] };

  expect((await asAdmin('POST /containers/create', { Image: 'red/app:1', HostConfig })).status).toBe(201);
  expect(forwardedBody()).toMatchObject({ HostConfig: { Binds: ['fresh:/d'] } });
  expect(await ask('POST /containers/create', { Image: 'red/app:1', HostConfig })).toMatchObject({
    status: 404,
    value: { message: 'get fresh: no such volume' },
  });
  expect((await asAdmin('DELETE /volumes/fresh')).status).toBe(404);
});

test('a grant by labels that the host has does not give what belongs to nobody there', async () => {
  guarded = new Guarded(teamsEngine([red, blue]).engine, { labels: { tier: 'front' } });
  const [grant] = guarded.rights('deployer', 'x').grants;
  if (!grant) throw new Error('no grant');
  const rights = { grants: [{ ...grant, scope: { kind: 'labels', selector: [{ key: 'tier', value: 'front', isNot: false }] } as const }] };

  expect((await guarded.ask(rights, 'POST /containers/create', { body: { Image: 'red/app:1' } })).status).toBe(403);
  expect((await guarded.ask(rights, 'GET /networks')).text).not.toContain('"Name":"bridge"');
  expect((await guarded.ask(rights, 'GET /containers/json')).text).toContain('blue-web');
});

test('what gives power over the host is refused by name to who does not hold container:elevated', async () => {
  const all = (line: string, body?: unknown) => guarded.ask(guarded.rights('deployer'), line, { body });
  const elevated = { Image: 'red/app:1', hostconfig: { privileged: true, Binds: ['/:/host'] } };

  expect(await all('POST /containers/create', elevated)).toMatchObject({
    status: 403,
    value: { message: 'container:elevated is needed for Privileged, Binds' },
  });
  expect((await asAdmin('POST /containers/create', elevated)).status).toBe(201);
  expect(guarded.deeds.find(({ action }) => action === 'ContainerCreate')).toMatchObject({ outcome: 'denied' });
  const form = await guarded.ask(guarded.rights('deployer'), 'POST /containers/red-web/rename?name=fine', {
    body: 'name=hijack',
    type: 'application/x-www-form-urlencoded',
  });
  expect(form.status).toBe(415);
});

test('a command is run by whoever proved a moment ago that it is them; who may not run it is not asked for that', async () => {
  const { engine, reached: told } = teamsEngine([red, blue]);
  guarded = new Guarded(engine, { isUnproven: true });

  expect(await ask('POST /containers/red-web/exec', { Cmd: ['id'] })).toMatchObject({
    status: 403,
    value: { details: { needs: 'proof' } },
  });
  expect(guarded.deeds.at(-1)).toMatchObject({ action: 'ContainerExec', outcome: 'denied' });
  expect((await ask('POST /containers/blue-web/exec', { Cmd: ['id'] })).status).toBe(404);
  const viewer = await guarded.ask(guarded.rights('viewer', 'red'), 'POST /containers/red-web/exec', { body: { Cmd: ['id'] } });
  expect(viewer).toMatchObject({ status: 403, value: { message: 'container:exec is needed for this' } });
  expect((await ask('POST /containers/red-web/restart')).status).toBe(200);
  expect(told.filter(({ target }) => target.endsWith('/exec'))).toEqual([]);
});

test('whatever has an effect is in the audit log before it is done', async () => {
  await ask('POST /containers/red-web/start');
  expect(guarded.deeds).toMatchObject([{ action: 'ContainerStart', who: 'ada', outcome: 'done', status: 200 }]);
});

test('a volume that is somebody else’s is in use as a name, and nothing is told of it', async () => {
  const answer = await ask('POST /volumes/create', { Name: 'blue-data' });

  expect(answer).toMatchObject({ status: 409, value: { message: 'Conflict. The volume name blue-data is already in use' } });
  expect(forwarded()).toEqual([]);
});

test.each<[string, unknown]>([
  ['POST /containers/create', create({ Labels: { 'gantry.stack': 'blue' } })],
  [
    'POST /containers/create',
    create({ HostConfig: { Mounts: [{ Type: 'volume', VolumeOptions: { Labels: { 'gantry.stack': 'blue' } } }] } }),
  ],
  ['POST /volumes/create', { Name: 'x', Labels: { 'gantry.label.team': 'blue' } }],
  ['POST /networks/create', { Name: 'x', Labels: { 'gantry.stack': 'blue' } }],
  ['POST /commit?container=red-web&changes=LABEL%20gantry.stack=blue', {}],
  ['POST /commit?container=red-web&changes=label%20"gantry.stack"=blue', {}],
  ['POST /build?labels={"gantry.stack":"blue"}', undefined],
])('a label below gantry. in %s is refused by name', async (line, body) => {
  expect(await asAdmin(line.replaceAll('"', '%22'), body)).toMatchObject({
    status: 400,
    text: expect.stringContaining('gantry.') as string,
  });
  expect(forwarded()).toEqual([]);
});

test('an image does not place its containers: what it says of a stack is overwritten', async () => {
  const teams = teamsEngine([red, blue], { imageLabels: { 'com.docker.compose.project': 'blue', 'gantry.stack': 'blue' } });
  guarded = new Guarded(teams.engine);

  await asAdmin('POST /containers/create', { Image: 'red/app:1' });
  expect(JSON.parse(teams.reached.at(-1)?.body ?? '')).toMatchObject({ Labels: { 'com.docker.compose.project': '', 'gantry.stack': '' } });
  await ask('POST /containers/create', create());
  expect(JSON.parse(teams.reached.findLast(({ target }) => target.includes('/create'))?.body ?? '')).toMatchObject({
    Labels: { 'gantry.stack': 'red' },
  });
});

test('an image does not put a container into a grant by labels: who has that grant does not see what another team makes of it', async () => {
  const [deployer] = guarded.rights('deployer').grants;
  if (!deployer) throw new Error('no grant');
  const inTeam = (value: string): Grant => ({ ...deployer, scope: { kind: 'labels', selector: [{ key: 'team', value, isNot: false }] } });
  const [web, db] = [{ grants: [inTeam('web')] }, { grants: [inTeam('db')] }];
  const teams = teamsEngine([red, blue], { imageLabels: { team: 'web', about: 'x' } });
  guarded = new Guarded(teams.engine, { grants: [...web.grants, ...db.grants] });
  const create = async (rights: Rights, Labels = {}): Promise<Record<string, string>> => {
    const Image = 'red/app:1';
    await guarded.ask(rights, 'POST /images/create?fromImage=red/app&tag=1');
    const { status } = await guarded.ask(rights, 'POST /containers/create', {
      body: { Image, Labels, HostConfig: { NetworkMode: 'none' } },
    });
    expect(status).toBe(201);
    const { body = '' } = teams.reached.findLast(({ target }) => target.includes('/containers/create')) ?? {};
    return (JSON.parse(body) as { Labels?: Record<string, string> }).Labels ?? {};
  };
  // As an engine makes it: what the request says counts before what the image says.
  const seesMade = async (rights: Rights, labels: Record<string, string>): Promise<number> => {
    guarded.known.note(guarded.hostId, { kind: 'container', id: gone, name: 'made', labels: { team: 'web', ...labels } });
    return (await guarded.ask(rights, `POST /containers/${gone}/start`)).status;
  };

  const ofDb = await create(db);
  expect(ofDb).toEqual({ 'gantry.label.team': 'db' });
  expect([await seesMade(web, ofDb), await seesMade(db, ofDb)]).toEqual([404, 200]);
  const ofHost = await create({ grants: [deployer] });
  expect(ofHost).toEqual({ 'gantry.label.team': '' });
  expect([await seesMade(web, ofHost), await seesMade(db, ofHost)]).toEqual([404, 404]);
  const ofRed = await create(guarded.rights('deployer', 'red'));
  expect(ofRed).toEqual({ 'gantry.stack': 'red', 'gantry.label.team': '' });
  expect(await seesMade(web, ofRed)).toBe(404);
  const given = await create({ grants: [deployer] }, { team: 'web' });
  expect(given).toEqual({ team: 'web' });
  expect(await seesMade(web, given)).toBe(200);
});

test('a network is joined by who may connect there and change the container', async () => {
  expect((await ask('POST /networks/red-net/connect', { Container: 'red-web' })).status).toBe(200);
  expect([forwarded().at(-1)?.target, forwardedBody()]).toEqual([`/v1.51/networks/${red.network}/connect`, { Container: red.container }]);
  expect((await ask('POST /networks/red-net/connect', { Container: 'blue-web' })).status).toBe(404);
  expect((await ask('POST /networks/blue-net/connect', { Container: 'red-web' })).status).toBe(404);

  // Somebody who only reads the other stack sees the container, and may not change it.
  const rights = { grants: [...guarded.rights('deployer', 'red').grants, ...guarded.rights('viewer', 'blue').grants] };
  const both = (line: string, body: unknown) => guarded.ask(rights, line, { body });
  expect(await both('POST /networks/red-net/connect', { Container: 'blue-web' })).toMatchObject({
    status: 403,
    value: { message: 'container:edit is needed for this' },
  });
  expect((await both('POST /networks/blue-net/connect', { Container: 'red-web' })).status).toBe(403);
  expect((await both('POST /containers/create', create({ HostConfig: { NetworkMode: 'red-net', Binds: ['blue-data:/d'] } }))).status).toBe(
    403,
  );
  expect((await both('POST /containers/create', create({ HostConfig: { NetworkMode: 'red-net', Links: ['blue-web:x'] } }))).status).toBe(
    403,
  );
});

test('the default bridge is for who may use the whole host, or for all where a label of the host says so', async () => {
  for (const mode of [undefined, '', 'default', 'bridge']) {
    const host = mode === undefined ? {} : { HostConfig: { NetworkMode: mode } };
    expect(await ask('POST /containers/create', { Image: 'red/app:1', ...host })).toMatchObject({
      status: 403,
      text: expect.stringContaining('the default bridge of this host is not shared') as string,
    });
    expect((await asAdmin('POST /containers/create', { Image: 'red/app:1', ...host })).status).toBe(201);
  }
  expect((await ask('POST /containers/create', { Image: 'red/app:1', HostConfig: { NetworkMode: 'none' } })).status).toBe(201);
  expect((await ask('POST /networks/bridge/connect', { Container: 'red-web' })).status).toBe(404);

  guarded = new Guarded(teamsEngine([red, blue]).engine, { labels: { 'default-bridge': 'shared' } });
  expect((await ask('POST /containers/create', { Image: 'red/app:1' })).status).toBe(201);
  expect((await ask('POST /networks/bridge/connect', { Container: 'red-web' })).status).toBe(200);
});

test('an image is used that is seen, and pulled by its exact reference; names of images are moved by who may on the whole host', async () => {
  expect((await ask('POST /containers/create', create({ Image: blue.image }))).status).toBe(404);
  expect((await ask('POST /images/create?fromImage=busybox')).status).toBe(403);
  expect((await ask('POST /images/create?fromSrc=-&repo=busybox')).status).toBe(403);
  expect((await ask('POST /images/create?fromImage=blue/app&tag=1')).status).toBe(200);
  expect((await ask('POST /containers/create', create({ Image: 'blue/app:1' }))).status).toBe(201);
  const other = guarded.ask(guarded.rights('deployer', 'red'), 'POST /containers/create', {
    body: create({ Image: 'blue/app:1' }),
    userId: 'bob',
  });
  expect((await other).status).toBe(404);

  for (const line of [
    'POST /images/red/app:1/tag?repo=blue/app&tag=1',
    'POST /commit?container=red-web&repo=blue/app',
    'POST /images/load',
    'POST /build?t=blue/app',
    'DELETE /images/red/app:1',
    'POST /images/red/app/push?tag=1',
    'GET /images/red/app:1/get',
  ])
    expect([line, (await ask(line, line.includes('commit') ? {} : undefined)).status]).toEqual([line, 403]);
  const withEnv = guarded.rights('deployer', 'red', ['env']);
  expect((await guarded.ask(withEnv, 'POST /commit?container=red-web', { body: {} })).status).toBe(200);
});

test('a request that names nothing is about the host, and what is made has to be within the limit of a token too', async () => {
  expect((await ask('POST /commit', {})).status).toBe(403);

  const [ofRed, ofBlue] = ['red', 'blue'].map((project) => guarded.rights('deployer', project).grants);
  const rights = { grants: [...(ofRed ?? []), ...(ofBlue ?? [])], within: ofBlue ?? [] };
  const make = (project: string) =>
    guarded.ask(rights, 'POST /volumes/create', { body: { Name: 'fresh', Labels: { 'com.docker.compose.project': project } } });
  expect((await make('red')).status).toBe(403);
  expect((await make('blue')).status).toBe(200);
});

test('a mask that is sent back is refused', async () => {
  const answer = await ask('POST /containers/create', create({ Env: ['A=b', 'TOKEN=********'] }));

  expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('TOKEN') as string });
  expect(forwarded()).toEqual([]);
});

test('prune is for who keeps the host, and the audit log lists what was removed', async () => {
  expect((await ask('POST /images/prune')).status).toBe(403);
  expect((await asAdmin('POST /images/prune')).status).toBe(200);
  expect(guarded.deeds.at(-1)).toMatchObject({
    action: 'ImagePrune',
    outcome: 'done',
    details: { removed: ['old:1', 'sha256:0'], removedCount: 2 },
  });
});

test.each(['pending', 'quarantined'] as const)('a host that is %s is not there, for its owner either', async (status) => {
  guarded = new Guarded(teamsEngine([red, blue]).engine, { status });

  expect(await asAdmin('GET /_ping')).toMatchObject({ status: 404, value: { message: `no such host: ${guarded.hostId}` } });
});

test('an error that names what the caller does not see becomes a general one', async () => {
  const refusing = teamsEngine([red, blue], {
    errors: { ContainerDelete: [409, `in use by ${blue.container.slice(0, 12)}`], ContainerStart: [500, 'no such device'] },
  });
  guarded = new Guarded(refusing.engine);

  expect(await ask('DELETE /containers/red-web')).toMatchObject({ status: 409, text: expect.not.stringContaining('bbbb') as string });
  expect(await asAdmin('DELETE /containers/red-web')).toMatchObject({ status: 409, text: expect.stringContaining('bbbb') as string });
  expect(await ask('POST /containers/red-web/start')).toMatchObject({ status: 500, value: { message: 'no such device' } });
});

test('swarm and plugins are nobody’s on a docker host, and refused in dockerd’s words by our own engine', async () => {
  for (const line of ['GET /swarm', 'POST /plugins/pull?remote=x', 'GET /secrets', 'GET /configs', 'GET /nodes'])
    expect([line, (await asAdmin(line)).status]).toEqual([line, 403]);
  guarded = new Guarded(teamsEngine([red, blue]).engine, { kind: 'native' });
  expect(await asAdmin('GET /nodes')).toMatchObject({ status: 503, text: expect.stringContaining('not a swarm manager') as string });
  expect((await asAdmin('GET /plugins')).value).toEqual([]);
  expect(forwarded()).toEqual([]);
});
