import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { closedAfterEach } from '@gantry/base/testing';
import type { Page } from 'playwright-core';
import { clientSecret, TestProvider } from '../../../server/src/testing/identity-provider.ts';
import { type BuiltServer, startBuiltServer } from './built-server.ts';
import { openBrowser } from './open-page.ts';

// Signing in as people do it: the built server and its database, the built pages, a real Chromium with an authenticator of its own.
const opened = closedAfterEach();
const password = 'tapir-lampe-rost-kiesel';

const startServer = async (): Promise<BuiltServer> => opened.use(await startBuiltServer());

/** What an authenticator shows for a secret as the page writes it. */
function shown(secret: string, steps = 0): string {
  const bits = Array.from(secret.replaceAll(' ', ''), (letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  ).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', key).update(counter).digest();
  return String((mac.readUInt32BE((mac.at(-1) ?? 0) & 0xf) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}

async function setUp(page: Page, { url, code }: BuiltServer): Promise<void> {
  await page.goto(`${url}/setup#code=${code}`);
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Repeat password').fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.waitForURL('**/welcome');
}

async function signOut(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name }).last().click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
}

async function typeLogin(page: Page, name: string, secret: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(secret);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** What `gantry login` asks for, without a browser. */
async function askToBeLetIn(url: string) {
  const ask = async <Value>(path: string, body: object): Promise<Value> => {
    const answer = await fetch(`${url}/api/login-requests${path}`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json', origin: url }, body: JSON.stringify(body) },
    });
    return (await answer.json()) as Value;
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null'];
  const request = execFileSync('openssl', ['req', '-new', ...key, '-subj', '/CN=nobody'], { encoding: 'utf8', stdio: 'pipe' });
  const { id, secret, code } = await ask<{ id: string; secret: string; code: string }>('', { request, name: 'docker of grace on laptop' });
  return { code, outcome: () => ask<object>(`/${id}/outcome`, { secret }) };
}

test('somebody is invited, chooses a password, sets an authenticator up, lets a machine in, and signs in with it, then with a recovery code', async () => {
  const server = await startServer();
  const { page, context, complaints } = opened.use(await openBrowser());
  await setUp(page, server);
  await page.goto(`${server.url}/users`);
  await page.getByRole('button', { name: 'Invite' }).click();
  await page.getByLabel('Name').fill('Grace');
  await page.getByRole('button', { name: 'Make a link' }).click();
  const link = (await page.getByLabel('Link', { exact: true }).textContent()) ?? '';
  expect(link).toMatch(/\/invite#[\w-]{43}$/);

  await context.clearCookies();
  // Whoever is faster than the answer that says whose link it is does not press Enter in vain.
  const isSent = Promise.withResolvers<undefined>();
  await page.route('**/api/password-links/describe', async (route) => {
    await isSent.promise;
    await route.continue();
  });
  await page.goto(link);
  await page.getByLabel('New password').fill('hafer-tinte-wolke-drei');
  await page.getByLabel('Repeat password').fill('hafer-tinte-wolke-drei');
  await page.keyboard.press('Enter');
  expect(await page.getByText('For grace.').count()).toBe(0);
  isSent.resolve(undefined);
  await page.waitForURL(`${server.url}/`);

  await page.goto(`${server.url}/account`);
  await page.getByRole('button', { name: 'Set up' }).click();
  await page.getByRole('img', { name: 'QR code' }).waitFor();
  const secret = (await page.locator('[data-secret]').textContent()) ?? '';
  await page.getByLabel('The code that it shows now').fill('000000');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('This is not the code that it shows now.').waitFor();
  await page.getByLabel('The code that it shows now').fill(shown(secret));
  await page.getByRole('button', { name: 'Confirm' }).click();
  const codes = page.locator('[role=dialog] li');
  await codes.first().waitFor();
  expect(await codes.count()).toBe(10);
  const recovery = (await codes.first().textContent())?.trim() ?? '';
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByText('10 recovery codes left').waitFor();

  // A machine that shows a code is let in by whoever types it.
  const machine = await askToBeLetIn(server.url);
  await page.goto(`${server.url}/approve`);
  await page.getByLabel('Code').fill(machine.code.toLowerCase());
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('docker of grace on laptop').waitFor();
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('This machine is let in').waitFor();
  expect(await machine.outcome()).toMatchObject({ state: 'approved', who: 'grace', certificate: { id: expect.any(String) as string } });

  await signOut(page, 'grace');
  await typeLogin(page, 'grace', 'hafer-tinte-wolke-drei');
  await page.getByLabel('Code').fill(shown(secret, 1));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor({ state: 'detached' });
  await signOut(page, 'grace');
  await typeLogin(page, 'grace', 'hafer-tinte-wolke-drei');
  await page.getByLabel('Code').fill(recovery);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor({ state: 'detached' });

  await page.goto(link);
  await page.getByText('This link is good no more').waitFor();
  // What was refused is told by the browser as well.
  expect(complaints.filter((words) => !/status of 40[14]/.test(words))).toEqual([]);
}, 180_000);

test('a passkey is added, signs in without a password, proves that it is still the same person, and is worth nothing once removed', async () => {
  const server = await startServer();
  const { page, context, complaints } = opened.use(await openBrowser());
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
      ...{ isUserVerified: true, automaticPresenceSimulation: true },
    },
  });
  await setUp(page, server);
  await page.goto(`${server.url}/account`);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('My laptop');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('My laptop').waitFor();

  await signOut(page, 'ada');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor({ state: 'detached' });
  const stillThere = await page.evaluate(async () => (await fetch('/api/me/sessions')).json() as Promise<unknown[]>);
  expect(stillThere).toHaveLength(1);

  const proven = page.waitForResponse((response) => response.url().endsWith('/api/session/proof/passkey'));
  let isOld = true;
  await page.route('**/api/users', (route) => {
    if (route.request().method() !== 'POST' || !isOld) return route.continue();
    isOld = false;
    const details = { needs: 'proof' };
    return route.fulfill({ status: 403, json: { code: 'forbidden', message: 'prove first that it is you', details } });
  });
  await page.goto(`${server.url}/users`);
  await page.getByRole('button', { name: 'Invite' }).click();
  await page.getByLabel('Name').fill('later');
  await page.getByRole('button', { name: 'Make a link' }).click();
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  expect((await proven).status()).toBe(204);
  await page.getByLabel('Link', { exact: true }).waitFor();

  await page.goto(`${server.url}/account`);
  await page.getByRole('button', { name: 'Remove My laptop' }).click();
  await page.getByText('My laptop').waitFor({ state: 'detached' });
  await signOut(page, 'ada');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByText('This passkey is not known here.').waitFor();
  expect(complaints.filter((words) => !/status of 40[13]/.test(words))).toEqual([]);
}, 180_000);

test('at an IP address the page says why there are no passkeys', async () => {
  const server = await startServer();
  const { page } = opened.use(await openBrowser());
  await setUp(page, { ...server, url: server.url.replace('localhost', '127.0.0.1') });
  await page.goto(`${server.url.replace('localhost', '127.0.0.1')}/account`);

  await page.getByText('Browsers allow passkeys only at a name, not at an IP address').waitFor();
  expect(await page.getByRole('button', { name: 'Add a passkey' }).count()).toBe(0);
}, 180_000);

test('a provider is set up, signs somebody in, and the login page says why when it does not', async () => {
  const server = await startServer();
  const provider = opened.use(await TestProvider.start({ corp: `${server.url}/api/session/providers/corp/callback` }));
  const { page, context, complaints } = opened.use(await openBrowser());
  await setUp(page, server);
  await page.goto(`${server.url}/settings/sign-in`);
  await page.getByRole('button', { name: 'Add provider' }).first().click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Name', { exact: true }).fill('Corp');
  await form.getByLabel('Short name').fill('corp');
  await form.getByText(`${server.url}/api/session/providers/corp/callback`).waitFor();
  await form.getByLabel('Issuer').fill(provider.issuer);
  await form.getByLabel('Client ID').fill('corp');
  await form.getByLabel('Client secret').fill(clientSecret);
  await form.getByLabel('Scopes').fill('profile email groups');
  await form.getByRole('button', { name: 'Add a group' }).click();
  await form.getByLabel('Group there').fill('ops');
  await form.getByLabel('gives').selectOption({ label: 'operator everywhere' });
  await form.getByRole('button', { name: 'Add', exact: true }).click();
  await form.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText('Corp answers').waitFor();
  await signOut(page, 'ada');

  provider.people.set('s-mia', { preferred_username: 'mia', groups: ['ops'] });
  provider.next = 's-mia';
  await page.goto(`${server.url}/hosts?q=a`);
  await page.getByRole('button', { name: 'Sign in with Corp' }).click();
  await page.waitForURL(`${server.url}/hosts?q=a`);
  await page.goto(`${server.url}/account`);
  await page.getByRole('button', { name: 'Disconnect Corp' }).click();
  await page.getByText('this is the last thing that you can sign in with').waitFor();
  await signOut(page, 'mia');

  await context.clearCookies({ domain: '127.0.0.1' }); // the provider's own: it would know the person again
  provider.next = undefined;
  await page.getByRole('button', { name: 'Sign in with Corp' }).click();
  await page.getByText('Corp did not let you in').waitFor();
  await provider[Symbol.asyncDispose]();
  await typeLogin(page, 'ada', password);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor({ state: 'detached' });
  expect(complaints.filter((words) => !/status of 40[149]/.test(words))).toEqual([]);
}, 180_000);
