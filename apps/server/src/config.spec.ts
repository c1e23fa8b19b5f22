import { isLoopback, readConfig } from './config.ts';

test('a server listens on all addresses with TLS and keeps its data in /var/lib/gantry where nothing else is said', () => {
  expect(readConfig({})).toEqual({
    databaseUrl: undefined,
    dataRoot: '/var/lib/gantry',
    runRoot: '/run/gantry',
    listen: undefined,
    port: 7443,
    enginePort: 7444,
    tls: true,
    behindProxy: false,
    url: undefined,
    recordingDays: 30,
    terminalKeepMinutes: 10,
    localJoinCodeFile: undefined,
  });
});

test('the port of engines is next to the other one where nothing else is said, and can be left out', () => {
  const ports = [{ GANTRY_PORT: '80' }, { GANTRY_PORT: '0' }, { GANTRY_ENGINE_PORT: '2376' }, { GANTRY_ENGINE_PORT: 'off' }];
  expect(ports.map((given) => readConfig(given).enginePort)).toEqual([81, 0, 2376, undefined]);
});

test.each([
  ['GANTRY_PORT', '70000'],
  ['GANTRY_ENGINE_PORT', 'on'],
  ['GANTRY_LISTEN', 'everywhere'],
  ['GANTRY_TLS', 'maybe'],
  ['GANTRY_URL', 'gantry.example.org'],
  ['GANTRY_AUDIT_HEADS_TO', 'ftp://logs.example.org'],
  ['DATABASE_URL', 'mysql://x'],
])('a wrong %s stops the server and is named', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(new RegExp(name));
});

test('plain http is refused on addresses that others can reach, and allowed on loopback or behind a proxy', () => {
  expect(() => readConfig({ GANTRY_TLS: 'off' })).toThrow(/GANTRY_TLS=off/);
  expect(() => readConfig({ GANTRY_TLS: 'off', GANTRY_LISTEN: '192.0.2.1' })).toThrow(/GANTRY_TLS=off/);
  expect(readConfig({ GANTRY_TLS: 'off', GANTRY_LISTEN: '127.0.0.1' }).tls).toBe(false);
  const behind = { GANTRY_TLS: 'off', GANTRY_BEHIND_PROXY: 'on', GANTRY_URL: 'https://gantry.example.org/path' };
  expect(readConfig(behind)).toMatchObject({ tls: false, behindProxy: true, url: 'https://gantry.example.org' });
});

test('a server behind a proxy has to know the address that browsers use', () => {
  expect(() => readConfig({ GANTRY_BEHIND_PROXY: 'on' })).toThrow(/GANTRY_URL/);
});

test('a variable that is set to nothing counts as absent', () => {
  expect(readConfig({ GANTRY_PORT: '', DATABASE_URL: '' })).toMatchObject({ port: 7443, databaseUrl: undefined });
});

test.each([
  ['127.0.0.1', true],
  ['127.8.9.1', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['localhost', true],
  ['10.0.0.1', false],
  ['0.0.0.0', false],
  [undefined, false],
])('%s is loopback: %s', (address, answer) => {
  expect(isLoopback(address)).toBe(answer);
});
