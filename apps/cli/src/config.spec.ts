import { environmentOf, readSettings } from './config.ts';

test('where nothing is said Gantry listens on 7443 with TLS and keeps its data in /var/lib/gantry', () => {
  expect(readSettings({}, {})).toEqual({
    port: 7443,
    enginePort: 7444,
    listen: undefined,
    url: undefined,
    tls: 'on',
    isBehindProxy: false,
    dataRoot: '/var/lib/gantry',
    runRoot: '/run/gantry',
    engine: 'auto',
    dockerSocket: undefined,
    databaseUrl: undefined,
    mayInstall: true,
  });
});

test('a flag wins over its variable, and an empty variable says nothing', () => {
  expect(readSettings({ port: '1' }, { GANTRY_PORT: '2', GANTRY_LISTEN: '' })).toMatchObject({ port: 1, listen: undefined });
  expect(readSettings({}, { GANTRY_PORT: '2', GANTRY_BEHIND_PROXY: 'on' })).toMatchObject({ port: 2, isBehindProxy: true });
});

test.each([
  [{ port: '70000' }, {}, '--port 70000 is not a port'],
  [{ 'engine-port': 'on' }, {}, '--engine-port on is not a port'],
  [{}, { GANTRY_PORT: 'http' }, 'GANTRY_PORT=http is not a port'],
  [{ tls: 'no' }, {}, '--tls no is not one of on, off'],
  [{ engine: 'lxc' }, {}, '--engine lxc is not one of auto, native, docker'],
  [{ url: 'gantry.example' }, {}, '--url gantry.example is not an http or https address'],
  [{ listen: 'gantry.example' }, {}, '--listen gantry.example is not an address to listen on'],
  [{ 'data-root': 'data' }, {}, '--data-root data is not an absolute path'],
])('a wrong setting is named as it was given: %j %j', (flags, environment, message) => {
  expect(() => readSettings(flags, environment)).toThrow(message);
});

test('a part is told everything by variables', () => {
  expect(environmentOf(readSettings({ port: '1', tls: 'off' }, {}), { MORE: 'x' })).toMatchObject({
    GANTRY_PORT: '1',
    GANTRY_ENGINE_PORT: '2',
    GANTRY_TLS: 'off',
    GANTRY_ENGINE: 'auto',
    MORE: 'x',
  });
});
