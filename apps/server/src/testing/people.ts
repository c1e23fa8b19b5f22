import { createOwner, createUser, login } from '@gantry/contract';
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

/** A browser in which a new viewer is signed in. */
export async function addViewer(owner: TestBrowser, name = 'vera'): Promise<TestBrowser> {
  await owner.call(createUser, { body: { name, password: viewersPassword, role: 'viewer' } });
  const viewer = new TestBrowser(owner.url);
  const answer = await viewer.call(login, { body: { name, password: viewersPassword } });
  if (answer.status !== 201) throw new Error(`sign-in answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return viewer;
}

/** A browser in which somebody new is signed in who has no rights. */
export async function addPerson(owner: TestBrowser, name: string): Promise<TestBrowser> {
  await owner.call(createUser, { body: { name, password: viewersPassword } });
  const person = new TestBrowser(owner.url);
  const answer = await person.call(login, { body: { name, password: viewersPassword } });
  if (answer.status !== 201) throw new Error(`sign-in answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return person;
}
