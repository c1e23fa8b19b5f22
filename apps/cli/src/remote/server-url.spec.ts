import { serverUrl } from './server-url.ts';

test.each([
  ['gantry.example.org:7443', 'https://gantry.example.org:7443'],
  ['https://box:7443/account', 'https://box:7443'],
  ['http://127.0.0.1:7443', 'http://127.0.0.1:7443'],
])('%s is %s', (given, origin) => {
  expect(serverUrl(given).origin).toBe(origin);
});

test.each(['http://gantry.example.org', 'ftp://box', 'https://'])('%s is refused', (given) => {
  expect(() => serverUrl(given)).toThrow(given);
});
