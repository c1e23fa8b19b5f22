import { everywhere, isLive, isPermission, type Permission, permissions } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { AccessExplanation } from '@gantry/contract';
import { printable } from '../audit/audit-row.ts';
import type { ServerConfig } from '../config.ts';
import { type DatabaseToRead, openDatabaseToRead } from '../database/open-database-to-read.ts';
import { type AccessAsStored, readAccess } from './access-as-stored.ts';
import type { Asking } from './explain.service.ts';
import { explanationInWords } from './explanation-in-words.ts';
import type { StoredPerson } from './grants.store.ts';
import { findObject } from './named-object.ts';
import { whatThereIs } from './nearest-names.ts';

/** Whoever can read the database can read all of it: nothing is hidden from them. */
const operator: Asking = { userId: '', name: '', rights: everywhere('owner') };

const longestLine = 4096;
const kindsWithoutLabels = /^(image|network|volume)\//;

export interface WhyAnswer {
  readonly isAllowed: boolean;
  /** The answer, and what it cannot know; nothing in them that a terminal would obey. */
  readonly lines: readonly string[];
}

/** What `gantry why` asks of the server's program, beside a running server or without one. Resolves with the exit status: 0 for may, 1 for may not. */
export async function runWhyCommand(words: readonly string[], config: ServerConfig): Promise<number> {
  await using database = await openDatabaseToRead(config);
  const { isAllowed, lines } = await answerWhy(database, words);
  for (const line of lines) console.log(line);
  return isAllowed ? 0 : 1;
}

/** Answers `<user> <action> <object>`. `invalid`, with what there is in its place, for a word that names nothing. */
export async function answerWhy(database: DatabaseToRead, words: readonly string[]): Promise<WhyAnswer> {
  const [user, action, object] = words;
  if (user === undefined || action === undefined || object === undefined || words.length > 3)
    throw new Failure('invalid', 'why needs three words: <user> <action> <object>');
  const permission = readAction(action);
  using access = await readAccess(database);
  const person = await findPerson(user, access);
  const named = findObject(object, access);
  const told = await access.explaining.explain({ user: person.id, permission, resource: named.resource }, operator);
  const sentence = explanationInWords(told, {
    object: named.title,
    host: (id) => access.hosts.find(id)?.name ?? id,
    group: (id) => access.groups.get(id) ?? id,
  });
  const account = person.disabledAt ? `the account is disabled since ${person.disabledAt.toISOString()}` : undefined;
  const isAllowed = told.isAllowed && account === undefined;
  const [answer, more] =
    told.isAllowed && account !== undefined
      ? [`${told.who} may not ${permission} ${named.title}: ${account}`, `once it is enabled again, ${sentence}`]
      : [sentence, account];
  const notes = [more, named.note, noteOfLabels(told, { person, access })].filter((note) => note !== undefined);
  return { isAllowed, lines: [answer, ...notes.map((note) => `note: ${note}`)].map((line) => printable(line, longestLine)) };
}

function readAction(action: string): Permission {
  if (isPermission(action)) return action;
  throw new Failure('invalid', `no such action: ${action}; ${whatThereIs(action, permissions)}`);
}

async function findPerson(user: string, { grants }: AccessAsStored): Promise<StoredPerson> {
  const people = await grants.people();
  const word = user.toLowerCase();
  const person = people.find(({ name }) => name === word) ?? people.find(({ id }) => id === word);
  if (person) return person;
  const names = people.map(({ name }) => name);
  throw new Failure('invalid', `no such person: ${user}; ${whatThereIs(user, names)}`);
}

/** The database has the labels of containers alone. */
function noteOfLabels(
  { resource, isAllowed, grant }: AccessExplanation,
  { person, access }: { person: { id: string }; access: AccessAsStored },
): string | undefined {
  const [, kind] = kindsWithoutLabels.exec(resource) ?? [];
  if (kind === undefined) return undefined;
  const now = new Date();
  const bound = access.rights.of(person.id).grants.filter((one) => isLive(one, now) && ['stack', 'labels'].includes(one.scope.kind));
  if (isAllowed ? grant?.scope.kind !== 'labels' : bound.length === 0) return undefined;
  return `labels and stack of ${kind}s are known to their engine alone; grants by them decide when it is asked`;
}
