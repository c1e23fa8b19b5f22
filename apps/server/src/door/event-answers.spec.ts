import { belongingsOf, Guarded, teamsEngine } from '../testing/index.ts';

const [red, blue] = [belongingsOf('red', 'a'), belongingsOf('blue', 'b')];
const gone = '9'.repeat(64);
const event = (Type: string, Action: string, [ID, Attributes = {}]: readonly [string, object?]): object => ({
  ...{ Type, Action, timeNano: 1 },
  Actor: { ID, Attributes },
});
const events = [
  event('container', 'start', [red.container, { name: 'red-web' }]),
  event('container', 'start', [blue.container, { name: 'blue-web' }]),
  event('container', 'start', [gone, { name: 'gone', 'com.docker.compose.project': 'red' }]),
  event('container', 'exec_start: login --token abc', [red.container, { API_TOKEN: 'abc', name: 'red-web' }]),
  event('network', 'connect', [red.network, { container: red.container, name: 'red-net' }]),
  event('network', 'connect', [red.network, { container: blue.container, name: 'red-net' }]),
  event('network', 'connect', [blue.network, { container: red.container }]),
  event('volume', 'mount', ['red-data', { container: red.container }]),
  event('volume', 'mount', ['red-data', { container: blue.container }]),
  event('volume', 'mount', ['blue-data', { container: red.container }]),
  event('volume', 'prune', ['', { reclaimed: '5' }]),
  event('image', 'pull', ['blue/app:1']),
  event('daemon', 'reload', ['d']),
  event('container', 'destroy', [red.container, { name: 'red-web' }]),
];

const actionsOf = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { Type: string; Action: string; Actor: { ID: string } })
    .map(({ Type, Action, Actor }) => `${Type} ${Action} ${Actor.ID.slice(0, 8)}`);

test('each event is decided by what it is about and by who uses it; what nobody knows and what is the host’s is dropped', async () => {
  const guarded = new Guarded(teamsEngine([red, blue], { events }).engine);
  const { text } = await guarded.ask(guarded.rights('viewer', 'red'), 'GET /events?since=0&until=1');

  expect(actionsOf(text)).toEqual([
    'container start aaaaaaaa',
    'container exec_start: login --token ******** aaaaaaaa',
    'network connect aaaaaaaa',
    'volume mount red-data',
    'container destroy aaaaaaaa',
  ]);
  expect(text).not.toMatch(/blue|bbbb|abc/);
  expect(actionsOf((await guarded.ask(guarded.rights('owner'), 'GET /events')).text)).toHaveLength(events.length);
});

test('who sees all of a host and no values is told every event, without the secrets in it; who sees the values of a stack, with those', async () => {
  const guarded = new Guarded(teamsEngine([red, blue], { events }).engine);
  const { text } = await guarded.ask(guarded.rights('viewer'), 'GET /events');
  expect(actionsOf(text)).toHaveLength(events.length);
  expect(text).toContain('blue/app:1');
  expect(text).not.toContain('abc');
  expect((await guarded.ask(guarded.rights('deployer', 'red', ['env']), 'GET /events')).text).toContain('login --token abc');
});
