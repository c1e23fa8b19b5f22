import { belongingsOf, Guarded, type Reached, teamsEngine, type Told } from '../testing/index.ts';

const [red, blue] = [belongingsOf('red', 'a'), belongingsOf('blue', 'b')];
let guarded: Guarded;
let reached: Reached[];

beforeEach(() => {
  const teams = teamsEngine([red, blue]);
  ({ reached } = teams);
  guarded = new Guarded(teams.engine);
});

const asRed = (line: string): Promise<Told> => guarded.ask(guarded.rights('viewer', 'red'), line);
const asOwner = (line: string): Promise<Told> => guarded.ask(guarded.rights('owner'), line);
const foreign = /blue|b{12}/;

test.each([
  'GET /containers/json?all=1',
  'GET /networks',
  'GET /networks/red-net',
  'GET /volumes',
  'GET /images/json',
  'GET /images/red/app:1/json',
  'GET /images/red/app:1/history',
  'GET /system/df',
  'GET /info',
  'GET /gantry/topology',
  'GET /containers/red-web/json',
])('%s tells who sees one stack of that stack only, and who sees the host of all', async (line) => {
  const [own, all] = [await asRed(line), await asOwner(line)];

  expect([own.status, all.status]).toEqual([200, 200]);
  expect(own.text).not.toMatch(foreign);
  if (line !== 'GET /info' && !line.endsWith('/json') && !line.includes('red')) expect(all.text).toMatch(foreign);
  if (line !== 'GET /info') expect(own.text).toContain('red');
});

test('a list that is cut to a number is cut after it was filtered', async () => {
  const { value } = await asRed('GET /containers/json?limit=1');

  expect(value).toMatchObject([{ Id: red.container }]);
  expect(reached.at(-1)?.target).toBe('/v1.51/containers/json?all=1');
  await asOwner('GET /containers/json?limit=1');
  expect(reached.at(-1)?.target).toBe('/v1.51/containers/json?limit=1');
});

test('an image is shown by the names that the caller’s containers use, and found by those', async () => {
  expect((await asRed('GET /images/json')).value).toMatchObject([
    { Id: red.image, RepoTags: ['red/app:1'], RepoDigests: [`red/app@${red.image}`] },
  ]);
  expect((await asRed('GET /images/red/app:1/json')).value).toMatchObject({ RepoTags: ['red/app:1'] });
  expect((await asRed('GET /images/other/alias:1/json')).status).toBe(404);
  expect((await asOwner('GET /images/other/alias:1/json')).status).toBe(200);
});

test('counts are those of what is seen', async () => {
  expect((await asRed('GET /info')).value).toEqual({
    ...{ Name: 'host', HttpProxy: 'http://proxy:3128' },
    ...{ Containers: 1, ContainersRunning: 1, ContainersPaused: 0, ContainersStopped: 0, Images: 1 },
  });
  expect((await asRed('GET /system/df')).value).toMatchObject({
    LayersSize: 10,
    Images: [{ Id: red.image, Containers: -1, SharedSize: -1 }],
    Volumes: [{ Name: 'red-data', UsageData: { RefCount: 1 } }],
    BuildCache: [],
  });
  expect((await asOwner('GET /system/df')).value).toMatchObject({ LayersSize: 20, Volumes: [{ UsageData: { RefCount: 7 } }, {}] });
});

test('what a later version tells of an engine is told to nobody before it is looked at', async () => {
  expect((await asOwner('GET /info')).value).toMatchObject({ Name: 'host', NFd: 40, HttpProxy: 'http://proxy:3128' });
  expect((await asOwner('GET /info')).text).not.toMatch(/FutureSecret|RegistryConfig|inside|pass/);
});

test('a network is shown with the users that the caller sees', async () => {
  expect((await asRed('GET /networks/red-net')).value).toMatchObject({ Containers: { [red.container]: { Name: 'red-web' } } });
  expect(Object.keys(((await asOwner('GET /networks/red-net')).value as { Containers: object }).Containers)).toHaveLength(2);
});

test('the topology is that of the stack, with the links that it stands on', async () => {
  expect((await asRed('GET /gantry/topology')).value).toEqual({
    ...{ takenAtMs: 1, intervalMs: 1000, routes: [] },
    links: [{ name: 'br-red' }, { name: 've-red' }],
    networks: [{ id: red.network, name: 'red-net', link: 'br-red' }],
    endpoints: [{ container: red.container, networkId: red.network, network: 'red-net', containerName: 'red-web', link: 've-red' }],
    ports: [{ container: red.container, hostPort: 80 }],
  });
});

test('values of variables and what looks like a secret are masked without env:reveal, on each container by itself', async () => {
  const rights = {
    grants: [...guarded.rights('deployer', 'red', ['env']).grants, ...guarded.rights('viewer', 'blue').grants],
  };
  const both = (line: string): Promise<Told> => guarded.ask(rights, line);

  const revealed = await guarded.ask(rights, 'GET /containers/red-web/json', { headers: { 'x-gantry-reveal': '1' } });
  expect(revealed.value).toMatchObject({
    Args: ['--password', 'hunter2'],
    Config: { Env: ['TOKEN=red-secret', 'EMPTY'] },
  });
  expect((await both('GET /containers/blue-web/json')).value).toMatchObject({
    Args: ['--password', '********'],
    Config: { Env: ['TOKEN=********', 'EMPTY'] },
  });
  const [first, second] = (await both('GET /containers/json')).value as { Command: string }[];
  expect(first?.Command).toContain('hunter2');
  expect(second?.Command).not.toContain('hunter2');
  expect((await both('GET /images/red/app:1/history')).text).not.toContain('secret');
});

test('who sees all of a host and no values of variables gets all of it, masked', async () => {
  const asViewer = (line: string): Promise<Told> => guarded.ask(guarded.rights('viewer'), line);

  expect((await asViewer('GET /containers/blue-web/json')).value).toMatchObject({
    Args: ['--password', '********'],
    Config: { Env: ['TOKEN=********', 'EMPTY'] },
  });
  const list = await asViewer('GET /containers/json');
  expect(list.text).toMatch(/red-web.*blue-web/s);
  expect(list.text).not.toContain('hunter2');
  for (const line of ['GET /system/df', 'GET /volumes', 'GET /volumes/red-data', 'GET /containers/red-web/json']) {
    const [masked, stack, whole] = [await asViewer(line), await asRed(line), await asOwner(line)];
    expect([line, masked.status, masked.text.includes('hunter2'), stack.text.includes('hunter2')]).toEqual([line, 200, false, false]);
    expect([line, masked.text.includes('username=ada,password=********')]).toEqual([line, true]);
    if (!line.endsWith('/json')) expect([line, whole.text.includes('password=hunter2')]).toEqual([line, true]);
  }
  expect((await asViewer('GET /system/df')).value).toMatchObject({ LayersSize: 20, BuildCache: [{ ID: 'cache' }] });
  expect((await asViewer('GET /volumes')).value).toMatchObject({ Warnings: ['about volumes'] });
  expect((await asViewer('GET /images/red/app:1/history')).text).not.toContain('secret');
  expect((await asOwner('GET /images/red/app:1/history')).text).toContain('secret');
});
