import type { ServerConfig } from '../config.ts';
import { Settings } from '../settings/settings.ts';
import type { ServerKeys } from '../tls/server-keys.ts';
import { Authenticator } from './authenticator.ts';
import { sessionCookie } from './cookie.ts';
import type { Credentials } from './credentials.ts';
import type { SignInPolicyService } from './sign-in-policy.service.ts';

const proxied: Partial<ServerConfig> = { tls: false, behindProxy: true, url: 'https://gantry.example.org' };

function authenticator(config: Partial<ServerConfig>): Authenticator {
  return new Authenticator(new Settings(config as ServerConfig, {} as ServerKeys), {} as Credentials, {} as SignInPolicyService);
}

const socket = { remoteAddress: '::ffff:192.0.2.9' };

test('the caller is the peer of the connection; what a header says counts only behind a proxy, and there only its last hop', () => {
  const headers = { 'x-forwarded-for': '10.6.6.6, 198.51.100.7' };

  expect(authenticator({ tls: true }).address({ headers, socket })).toBe('192.0.2.9');
  expect(authenticator(proxied).address({ headers, socket })).toBe('198.51.100.7');
  expect(authenticator(proxied).address({ headers: {}, socket })).toBe('192.0.2.9');
});

test.each<[Partial<ServerConfig>, { origin: string; host: string }, boolean]>([
  [{ tls: true }, { origin: 'https://box:7443', host: 'box:7443' }, true],
  [{ tls: true }, { origin: 'http://box:7443', host: 'box:7443' }, false],
  [{ tls: true }, { origin: 'https://box', host: 'box:7443' }, false],
  [{ tls: true, url: 'https://name:7443' }, { origin: 'https://name:7443', host: 'box:7443' }, true],
  [proxied, { origin: 'https://gantry.example.org', host: 'inner:7443' }, true],
  [proxied, { origin: 'https://inner:7443', host: 'inner:7443' }, false],
  [proxied, { origin: 'http://inner:7443', host: 'inner:7443' }, false],
])('with %j the headers %j are those of its own pages: %s', (config, headers, isOwn) => {
  const check = (): void => authenticator(config).refuseForeign({ method: 'POST', headers, socket }, 'strict');

  if (isOwn) check();
  else expect(check).toThrow(/not this server's/);
});

test('behind a proxy that serves https the cookie is Secure although the server itself speaks http', () => {
  expect(authenticator(proxied).cookie.name).toBe('__Host-gantry');
  expect(authenticator({ tls: false }).cookie.name).toBe('gantry');
});

test('a cookie is found among others, and none is believed where two have its name', () => {
  const cookie = sessionCookie(true);

  expect(cookie.read('a=b; __Host-gantry=token; c=d')).toBe('token');
  expect(cookie.read('__Host-gantry=one; __Host-gantry=two')).toBeUndefined();
  expect(cookie.read('X__Host-gantry=token')).toBeUndefined();
  expect(cookie.read(undefined)).toBeUndefined();
});

test('a token that came without TLS is revoked, unless it never left this machine', async () => {
  const revoked: string[] = [];
  const credentials = { revokeSeenInClear: (token: string, address: string) => Promise.resolve(void revoked.push(`${token} ${address}`)) };
  const settings = new Settings({ tls: true } as ServerConfig, {} as ServerKeys);
  const hearing = new Authenticator(settings, credentials as unknown as Credentials, {} as SignInPolicyService);

  expect(await hearing.hearInClear('Bearer gantry_x', { remoteAddress: '127.0.0.1' })).toBeUndefined();
  expect(await hearing.hearInClear('Basic gantry_x', socket)).toBeUndefined();
  expect(await hearing.hearInClear('bearer gantry_y ', socket)).toMatch(/is good no more/);
  expect(revoked).toEqual(['gantry_y 192.0.2.9']);
});
