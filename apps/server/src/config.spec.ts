import { readConfig } from './config.ts';

test('a server listens on loopback and keeps its data in /var/lib/gantry where nothing else is said', () => {
  expect(readConfig({})).toEqual({
    databaseUrl: undefined,
    dataRoot: '/var/lib/gantry',
    runRoot: '/run/gantry',
    listen: '127.0.0.1',
    port: 7443,
  });
});

test('a wrong port stops the server and is named', () => {
  expect(() => readConfig({ GANTRY_PORT: '70000' })).toThrow(/GANTRY_PORT/);
});
