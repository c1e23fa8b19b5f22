import type { RoleName } from '@gantry/access';
import { createOwner, createUser, login, NewUser, usePasswordLink } from '@gantry/contract';
import { TestBrowser } from './browser.ts';
import type { TestServer } from './start-test-server.ts';

export const ownersPassword = 'tapir-lampe-rost-kiesel';
export const viewersPassword = 'moor-galle-fenster-neun';

/** Sets the server up; the browser in which the owner is signed in. */
export async function setUp(server: TestServer): Promise<TestBrowser> {
  const owner = new TestBrowser(server.url);
  const answer = await owner.call(createOwner, { body: { code: server.setupCode, name: 'ada', password: ownersPassword } });
  if (answer.status !== 201) throw new Error(`set-up answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return owner;
}

/** A browser in which somebody new is signed in, who was invited and has chosen `viewersPassword`; without a role they have no rights. */
export async function addPerson(owner: TestBrowser, name: string, role?: RoleName): Promise<TestBrowser> {
  const created = await owner.call(createUser, { body: { name, ...(role ? { role } : {}) } });
  if (created.status !== 201) throw new Error(`the invitation answered ${created.status}: ${JSON.stringify(created.body)}`);
  const person = new TestBrowser(owner.url);
  await person.call(usePasswordLink, { body: { token: tokenOf(NewUser.parse(created.body).link?.path), password: viewersPassword } });
  const answer = await person.call(login, { body: { name, password: viewersPassword } });
  if (answer.status !== 201) throw new Error(`sign-in answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return person;
}

/** A browser in which a new viewer is signed in. */
export function addViewer(owner: TestBrowser, name = 'vera'): Promise<TestBrowser> {
  return addPerson(owner, name, 'viewer');
}

/** The token of a link to choose a password. */
export function tokenOf(path = ''): string {
  return path.slice(path.indexOf('#') + 1);
}
