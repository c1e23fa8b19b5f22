import { appendFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { type Engine, type EngineResponse, json } from '@gantry/engine-api';
import { CommandJournal } from './command-journal.ts';
import { journalled } from './journalled-engine.ts';

const opened = closedAfterEach();
const never = new AbortController().signal;
const journalIn = async (): Promise<string> => join(opened.use(await temporaryDirectory()).path, 'agent', 'commands.jsonl');

/** An engine that counts what is done, and answers with the count. */
function counting(): { engine: Engine; done: string[]; release: PromiseWithResolvers<undefined> } {
  const done: string[] = [];
  const release = Promise.withResolvers<undefined>();
  release.resolve(undefined);
  const world = { done, release };
  const engine: Engine = async ({ method, target, headers }) => {
    if (method === 'GET')
      return target.includes('/gone/') ? json(404, { message: 'no such container' }) : json(200, { State: { Status: 'running' } });
    expect(headers.has('idempotency-key')).toBe(false);
    done.push(`${method} ${target}`);
    await world.release.promise;
    return json(201, { Id: String(done.length) });
  };
  return Object.assign(world, { engine });
}

async function ask(engine: Engine, key: string, given: { target?: string; body?: string; signal?: AbortSignal } = {}): Promise<string> {
  const { target = '/v1.51/containers/c1/restart', body = '', signal = never } = given;
  const bytes = (async function* () {
    yield await Promise.resolve(Buffer.from(body));
  })();
  const caller = { kind: 'person', id: 'u', name: 'ann', requestId: key } as const;
  const headers = new Map([['idempotency-key', key]]);
  return textOf(await engine({ method: 'POST', target, headers, upgrade: 'none', body: bytes, caller, signal }));
}

function textOf(response: EngineResponse): string {
  if (response.kind !== 'plain' || !(response.body instanceof Uint8Array)) throw new Error('not whole');
  return `${response.status} ${Buffer.from(response.body).toString().trim()}`;
}

test('the same key again answers what was answered, also after a restart of the agent', async () => {
  const path = await journalIn();
  const { engine, done } = counting();
  {
    await using journal = await CommandJournal.open(path);
    const served = journalled(engine, { journal, signal: never });
    expect(await ask(served, 'k1')).toBe('201 {"Id":"1"}');
    expect(await ask(served, 'k1')).toBe('201 {"Id":"1"}');
    expect(await ask(served, 'k2')).toBe('201 {"Id":"2"}');
  }

  await using journal = await CommandJournal.open(path);

  expect(await ask(journalled(engine, { journal, signal: never }), 'k1')).toBe('201 {"Id":"1"}');
  expect(done).toHaveLength(2);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path, 'utf8')).toContain('"by":"ann"');
});

test('the same key for something else is refused', async () => {
  await using journal = await CommandJournal.open(await journalIn());
  const { engine, done } = counting();
  const served = journalled(engine, { journal, signal: never });
  await ask(served, 'k1', { body: '{"a":1}' });

  expect(await ask(served, 'k1', { body: '{"a":2}' })).toMatch(/^409 /);
  expect(await ask(served, 'k1', { body: '{"a":1}', target: '/containers/c2/restart' })).toMatch(/^409 /);
  expect(done).toHaveLength(1);
});

test('a command goes on when its connection is lost, and who asks again gets its answer', async () => {
  await using journal = await CommandJournal.open(await journalIn());
  const world = counting();
  world.release = Promise.withResolvers();
  const served = journalled(world.engine, { journal, signal: never });
  const lost = new AbortController();

  const first = ask(served, 'k1', { signal: lost.signal });
  lost.abort();
  const second = ask(served, 'k1');
  world.release.resolve(undefined);

  expect(await Promise.all([first, second])).toEqual(['201 {"Id":"1"}', '201 {"Id":"1"}']);
  expect(world.done).toHaveLength(1);
});

test.each([
  ['/v1.51/containers/c1/restart', 'container c1 is running'],
  ['/containers/gone/restart', 'container gone is not there'],
  ['/containers/create?name=web', 'container web is running'],
])('a command that the agent did not outlive is never run again, and the state of now is told: %s', async (target, words) => {
  const path = await journalIn();
  const { engine, done } = counting();
  const crashing: Engine = async (request) => {
    await engine(request);
    throw new Error('crashed');
  };
  {
    await using journal = await CommandJournal.open(path);
    await expect(ask(journalled(crashing, { journal, signal: never }), 'k1', { target })).rejects.toThrow('crashed');
  }

  await using journal = await CommandJournal.open(path);
  const again = ask(journalled(engine, { journal, signal: never }), 'k1', { target });

  await expect(again).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching(/^outcome unknown/) as string });
  await expect(again).rejects.toThrow(words);
  expect(done).toHaveLength(1);
});

test('a torn last line costs that line alone', async () => {
  const path = await journalIn();
  const { engine, done } = counting();
  {
    await using journal = await CommandJournal.open(path);
    await ask(journalled(engine, { journal, signal: never }), 'k1');
  }
  await appendFile(path, '{"key":"k2","dig');

  await using journal = await CommandJournal.open(path);
  const served = journalled(engine, { journal, signal: never });
  expect(await ask(served, 'k2')).toBe('201 {"Id":"2"}');
  expect(await ask(served, 'k1')).toBe('201 {"Id":"1"}');
  expect(done).toHaveLength(2);
});

test('where the intent cannot be written nothing is done', async () => {
  const journal = await CommandJournal.open(await journalIn());
  const { engine, done } = counting();
  await journal[Symbol.asyncDispose]();

  await expect(ask(journalled(engine, { journal, signal: never }), 'k1')).rejects.toMatchObject({ code: 'exhausted' });
  expect(done).toEqual([]);
});

test('what is old or too many is let go, and the file with it', async () => {
  const path = await journalIn();
  const { engine } = counting();
  {
    await using journal = await CommandJournal.open(path);
    const served = journalled(engine, { journal, signal: never });
    for (const key of ['k1', 'k2', 'k3']) await ask(served, key);
  }

  {
    await using journal = await CommandJournal.open(path, { entries: 2 });
    expect(['k1', 'k2', 'k3'].map((key) => journal.find(key)?.isDone)).toEqual([undefined, true, true]);
    expect(await journal.result('k3')).toMatchObject({ status: 201 });
  }
  await using journal = await CommandJournal.open(path, { ageMs: -1 });
  expect(journal.find('k3')).toBeUndefined();
  expect(await readFile(path, 'utf8')).toBe('');
});
