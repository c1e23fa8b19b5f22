import { beginProviderSignIn, createIdentityProvider, finishProviderSignIn, IdentityProvider } from '@gantry/contract';
import { type Answer, TestBrowser } from './browser.ts';
import { clientSecret, TestProvider } from './identity-provider.ts';
import type { TestServer } from './start-test-server.ts';

/** Where a provider is registered to send people back to. */
export function returnTo(server: TestServer, key: string): string {
  return `${server.url}/api/session/providers/${key}/callback`;
}

/** A provider for the server, with a client of the same name for each key. */
export function startProviderFor(server: TestServer, ...keys: string[]): Promise<TestProvider> {
  return TestProvider.start(Object.fromEntries(keys.map((key) => [key, returnTo(server, key)])));
}

/** Lets people sign in with it, under the key that is its client's name. */
export async function addProvider(
  owner: TestBrowser,
  provider: TestProvider,
  settings: { readonly key: string } & Readonly<Record<string, unknown>>,
): Promise<IdentityProvider> {
  const { key } = settings;
  const scopes = ['profile', 'email', 'groups'];
  const body = { name: `The ${key}`, issuer: provider.issuer, clientId: key, clientSecret, scopes, createsPeople: true, ...settings };
  const { status, body: answer } = await owner.call(createIdentityProvider, { body });
  if (status !== 201) throw new Error(`the provider was not taken: ${status} ${JSON.stringify(answer)}`);
  return IdentityProvider.parse(answer);
}

/** The address at the provider that the browser is sent to. */
export async function begin(browser: TestBrowser, key: string, body: object = {}): Promise<string> {
  const answer = await browser.call(beginProviderSignIn, { params: { providerKey: key }, body });
  if (answer.status !== 201) throw new Error(`it did not begin: ${answer.status} ${JSON.stringify(answer.body)}`);
  return (answer.body as { url: string }).url;
}

/** Comes back, as browsers do: by a navigation from another site. */
export function comeBack(browser: TestBrowser, key: string, address: URL): Promise<Answer> {
  const headers = { origin: undefined, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  return browser.call(finishProviderSignIn, { params: { providerKey: key }, query: address.search, headers });
}

/** Where a browser that signs in as this subject ends up, and the browser. */
export async function signInAs(
  server: TestServer,
  provider: TestProvider,
  { key, subject, next }: { key: string; subject: string | undefined; next?: string },
): Promise<{ browser: TestBrowser; location: string }> {
  const browser = new TestBrowser(server.url);
  provider.next = subject;
  const address = await provider.walk(await begin(browser, key, next === undefined ? {} : { next }));
  const { status, headers } = await comeBack(browser, key, address);
  if (status !== 303) throw new Error(`coming back answered ${status}`);
  return { browser, location: headers.get('location') ?? '' };
}
