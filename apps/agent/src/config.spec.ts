import { readConfig } from './config.ts';

test('an agent dials the server of this machine where nothing else is said', () => {
  expect(readConfig({})).toEqual({ serverUrl: 'http://127.0.0.1:7443' });
});

test('a wrong server address stops the agent and is named', () => {
  expect(() => readConfig({ GANTRY_SERVER_URL: 'ftp://example.org' })).toThrow(/GANTRY_SERVER_URL/);
});
