import { readConfig } from './config.ts';

test('an agent looks for an engine by itself and keeps its data in /var/lib/gantry where nothing else is said', () => {
  expect(readConfig([], {})).toEqual({
    mode: 'run',
    engine: 'auto',
    dataRoot: '/var/lib/gantry',
    runRoot: '/run/gantry',
  });
});

test('a variable that is set to nothing says nothing', () => {
  expect(readConfig([], { GANTRY_ENGINE: '', GANTRY_SERVER_URL: '' })).toMatchObject({ engine: 'auto' });
});

test.each([
  [{ GANTRY_SERVER_URL: 'ftp://example.org' }, 'GANTRY_SERVER_URL=ftp://example.org is not an http or https address'],
  [{ GANTRY_ENGINE: 'lxc' }, 'GANTRY_ENGINE=lxc is not auto, native or docker'],
])('a wrong setting stops the agent and is named: %j', (environment, message) => {
  expect(() => readConfig([], environment)).toThrow(message);
});

test('the engine alone has its socket in its run root, or where it is told', () => {
  expect(readConfig(['engine', '--data-root', '/d', '--run-root', '/r'], {})).toMatchObject({ mode: 'engine', socket: '/r/docker.sock' });
  expect(readConfig(['engine', '--socket', '/s', '--config-file', '/f'], {})).toMatchObject({ socket: '/s', configFile: '/f' });
});

test.each([
  [['join'], 'join needs --url'],
  [['join', '--url', 'nonsense'], '--url nonsense is not an http or https address'],
  [['join', '--code', 'secret'], "unknown option '--code'"],
  [['engine', '--socket'], "option '--socket <value>' argument missing"],
  [['dance'], 'unknown command dance'],
])('wrong words are named: %j', (words, message) => {
  expect(() => readConfig(words, {})).toThrow(message);
});
