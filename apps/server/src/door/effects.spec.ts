import { belongingsOf, Guarded, type Reached, teamsEngine } from '../testing/index.ts';

// What the door remembers of a request that was done, and what it lets the same person do afterwards.
const [red, blue] = [belongingsOf('red', 'a'), belongingsOf('blue', 'b')];
const exec = 'f'.repeat(64);

function guardedBy(setting: Parameters<typeof teamsEngine>[1] = {}): { guarded: Guarded; reached: Reached[]; ask: Ask; asOwner: Ask } {
  const { engine, reached } = teamsEngine([red, blue], setting);
  const guarded = new Guarded(engine);
  const ask: Ask = (line, body, userId = 'ada') => guarded.ask(guarded.rights('deployer', 'red', ['exec', 'env']), line, { body, userId });
  const asOwner: Ask = (line, body, userId = 'ada') => guarded.ask(guarded.rights('owner'), line, { body, userId });
  return { guarded, reached, ask, asOwner };
}

type Ask = (line: string, body?: unknown, userId?: string) => ReturnType<Guarded['ask']>;
const create = (Image: string, change: object = {}): object => ({ Image, HostConfig: { NetworkMode: 'red-net' }, ...change });

test('an exec is started and resized by whoever made it, in its container, and by nobody else', async () => {
  const { ask, asOwner, reached } = guardedBy();
  expect((await ask('POST /containers/red-web/exec', { Cmd: ['id'] })).status).toBe(201);

  expect((await ask(`POST /exec/${exec}/start`, {})).status).toBe(101);
  expect((await ask(`POST /exec/${exec}/resize?h=1&w=2`)).status).toBe(200);
  expect((await ask(`POST /exec/${exec}/start`, {}, 'bob')).status).toBe(404);
  expect((await asOwner(`POST /exec/${exec}/resize?h=1&w=2`, undefined, 'bob')).status).toBe(404);
  expect(reached.filter(({ target }) => target.includes(`/exec/${exec}/`) && !target.endsWith('/json'))).toHaveLength(2);
});

test('an exec that was refused, or something else that was made under that id, is nobody’s', async () => {
  const refused = guardedBy({ answers: { ContainerExec: [409, { message: 'is paused', Id: exec }] } });
  expect((await refused.ask('POST /containers/red-web/exec', { Cmd: ['id'] })).status).toBe(409);
  expect((await refused.ask(`POST /exec/${exec}/start`, {})).status).toBe(404);

  const other = guardedBy({ answers: { ContainerCreate: [201, { Id: exec, Warnings: null }] } });
  expect((await other.ask('POST /containers/create', create('red/app:1'))).status).toBe(201);
  expect((await other.ask(`POST /exec/${exec}/start`, {})).status).toBe(404);
});

test('an image that somebody made of a container is theirs to use, by its id', async () => {
  const made = guardedBy({ answers: { ImageCommit: [201, { Id: blue.image }] } });
  expect((await made.ask('POST /containers/create', create(blue.image))).status).toBe(404);
  expect((await made.ask('POST /commit?container=red-web', {})).status).toBe(201);
  expect((await made.ask('POST /containers/create', create(blue.image))).status).toBe(201);
  expect((await made.ask('POST /containers/create', create(blue.image), 'bob')).status).toBe(404);
  expect((await made.ask('POST /containers/create', create('blue/app:1'))).status).toBe(404);

  const failed = guardedBy({ answers: { ImageCommit: [500, { Id: blue.image }] } });
  await failed.ask('POST /commit?container=red-web', {});
  expect((await failed.ask('POST /containers/create', create(blue.image))).status).toBe(404);
});

test.each<[string, unknown]>([
  ['ends with an error', { errorDetail: { message: 'no basic auth' } }],
  ['ends with an error in the old form', { error: 'no basic auth' }],
])('a pull that %s gives nobody the image', async (_, answer) => {
  const { ask } = guardedBy({ answers: { ImageCreate: [200, answer] } });
  expect((await ask('POST /images/create?fromImage=blue/app&tag=1')).status).toBe(200);
  expect((await ask('POST /containers/create', create('blue/app:1'))).status).toBe(404);
});

test('a pull that the engine refuses gives nobody the image, and one of a digest gives it by that', async () => {
  const refused = guardedBy({ answers: { ImageCreate: [404, { message: 'manifest unknown' }] } });
  expect((await refused.ask('POST /images/create?fromImage=blue/app&tag=1')).status).toBe(404);
  expect((await refused.ask('POST /containers/create', create('blue/app:1'))).status).toBe(404);

  const digest = `sha256:${'1'.repeat(64)}`;
  const { ask, reached } = guardedBy();
  await ask(`POST /images/create?fromImage=blue/app&tag=${digest}`);
  expect(decodeURIComponent(reached.findLast(({ caller }) => caller.kind === 'gantry')?.target ?? '')).toContain(
    `/images/blue/app@${digest}/json`,
  );
});

test('fields that nobody knows are told to whoever created something with them, and only then', async () => {
  const { ask } = guardedBy({ answers: { ContainerCreate: [201, { Id: 'e'.repeat(64), Warnings: ['of the engine'] }] } });

  expect((await ask('POST /containers/create', create('red/app:1', { Odd: 1 }))).value).toMatchObject({
    Warnings: ['of the engine', 'unknown field Odd was left out'],
  });
  expect((await ask('POST /containers/create', create('red/app:1'))).value).toMatchObject({ Warnings: ['of the engine'] });
  expect((await ask('POST /containers/red-web/exec', { Cmd: ['id'], Odd: 1 })).value).toEqual({ Id: exec });
});

test('a container that is made anew tells of them too, and without any the answer of the engine stays as it is', async () => {
  const { ask, guarded } = guardedBy({
    answers: { ContainerRecreate: [201, { Id: 'e'.repeat(64) }], ContainerCreate: [201, { Id: 'e'.repeat(64), Warnings: null }] },
  });
  const recreate = (body: object) => guarded.ask(guarded.rights('admin', 'red'), 'POST /gantry/containers/red-web/recreate', { body });

  expect((await recreate(create('red/app:1', { Odd: 1 }))).value).toEqual({
    Id: 'e'.repeat(64),
    Warnings: ['unknown field Odd was left out'],
  });
  expect((await recreate(create('red/app:1'))).value).toEqual({ Id: 'e'.repeat(64) });
  expect((await ask('POST /containers/create', create('red/app:1'))).value).toEqual({ Id: 'e'.repeat(64), Warnings: null });
});

test('a container that was made of an image by a name keeps that name for the caller, and no other name of the image', async () => {
  const { ask, guarded } = guardedBy();
  await ask('POST /images/create?fromImage=blue/app&tag=1');
  expect((await ask('POST /containers/create', create('blue/app:1'))).status).toBe(201);
  const names = (await guarded.ask(guarded.rights('deployer', 'red'), 'GET /images/json')).value as { RepoTags: string[] }[];
  expect(names.flatMap(({ RepoTags }) => RepoTags).sort()).toEqual(['blue/app:1', 'red/app:1']);
});
