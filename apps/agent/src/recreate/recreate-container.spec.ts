import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedAfterEach } from '@gantry/base/testing';
import { type Engine, engineClient, json } from '@gantry/engine-api';
import { type FakeContainer, FakeEngine } from '@gantry/engine-api/testing';
import { recreating } from './recreating-engine.ts';
import { ReplacingNotes } from './replacing-notes.ts';

const opened = closedAfterEach();
const neverAborted = new AbortController().signal;
const body = { Image: 'shop:2', Cmd: ['serve'] };

interface Stage {
  readonly fake: FakeEngine;
  readonly oldId: string;
  readonly asked: string[];
  readonly directory: string;
  readonly notes: ReplacingNotes;
  readonly reports: string[];
  readonly recreate: (query?: { name?: string; start?: boolean }) => Promise<string>;
}

/** A container `web` that runs, and an engine that may answer some requests otherwise, or never again. */
async function stage(otherwise: (line: string) => ReturnType<Engine> | undefined = () => undefined): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'gantry-recreating-'));
  opened.defer(() => rm(directory, { recursive: true }));
  const fake = new FakeEngine();
  const old = fake.add({ name: 'shop', image: 'shop:1' });
  old.name = 'web';
  fake.start(old);
  const asked: string[] = [];
  const inner: Engine = async (request) => {
    const line = `${request.method} ${request.target}`;
    if (request.method !== 'GET')
      asked.push(
        line
          .replace(old.id, 'OLD')
          .replace(/[0-9a-f]{64}/, 'NEW')
          .replace(/after-[0-9a-f]{16}/, 'after-X'),
      );
    return (await otherwise(line)) ?? fake.handle(request);
  };
  const notes = new ReplacingNotes(directory);
  const reports: string[] = [];
  const engine = recreating(inner, { inner, notes, report: ({ message }) => reports.push(message), settleMs: 50 });
  const client = engineClient(engine);
  const recreate: Stage['recreate'] = async (query = {}) => {
    const answer = await client.call('ContainerRecreate', { path: { id: 'web' }, query, body });
    return (await answer.json<{ Id: string }>()).Id;
  };
  return { fake, oldId: old.id, asked, directory, notes, reports, recreate };
}

const states = ({ fake }: Stage): string[] => fake.containers.map(({ name, config, state }) => `${name} ${config.image} ${state}`);
const newOf = ({ fake, oldId }: Stage): FakeContainer | undefined => fake.containers.find(({ id }) => id !== oldId);
const refusing = (pattern: RegExp) => (line: string) =>
  pattern.test(line) ? Promise.resolve(json(409, { message: 'not today' })) : undefined;

test('the old container is removed only after the new one runs under its name', async () => {
  const here = await stage();

  const id = await here.recreate();

  expect(states(here)).toEqual(['web shop:2 running']);
  expect(id).toBe(here.fake.containers[0]?.id);
  expect(here.asked).toEqual([
    'POST /containers/create?name=web-after-X',
    `POST /containers/OLD/rename?name=web-before-${here.oldId.slice(0, 8)}`,
    'POST /containers/NEW/rename?name=web',
    'POST /containers/OLD/stop',
    'POST /containers/NEW/start',
    'POST /containers/NEW/wait?condition=not-running',
    'DELETE /containers/OLD?force=1',
  ]);
  expect(await readdir(here.directory)).toEqual([]);
});

test.each([
  ['is not made', /containers\/create/],
  ['comes while the old one does not give its name away', /rename\?name=web-before/],
  ['cannot take the name', /rename\?name=web$/],
  ['cannot take the place because the old one does not stop', /\/stop$/],
  ['does not start', /(?<!rename|create)\/start$/],
])('a new container that %s leaves the old one as it was', async (_how, pattern) => {
  let isRefused = false;
  const once = (line: string) => {
    if (isRefused || !pattern.test(line)) return undefined;
    isRefused = true;
    return Promise.resolve(json(409, { message: 'not today' }));
  };
  const here = await stage(once);

  await expect(here.recreate()).rejects.toMatchObject({ code: 'conflict', message: 'not today; container web is as it was' });

  expect(states(here)).toEqual(['web shop:1 running']);
  expect(here.fake.containers[0]?.id).toBe(here.oldId);
  expect(await readdir(here.directory)).toEqual([]);
});

test('a new container that ends with an error right after its start is told with its last words, and the old one is back', async () => {
  const here = await stage((line) => {
    if (!line.endsWith('/wait?condition=not-running')) return undefined;
    const made = newOf(here);
    made?.write('no configuration', 'stderr');
    if (made) here.fake.end(made, 3);
    return undefined;
  });

  await expect(here.recreate()).rejects.toThrow(
    'the new container ended with status 3 right after its start: no configuration; container web is as it was',
  );
  expect(states(here)).toEqual(['web shop:1 running']);
});

test('one that ends well has done its work, and one that is not to be started replaces a stopped one', async () => {
  const finishing = await stage((line) => {
    const made = newOf(finishing);
    if (made && line.endsWith('/wait?condition=not-running')) finishing.fake.end(made, 0);
    return undefined;
  });
  await finishing.recreate();
  expect(states(finishing)).toEqual(['web shop:2 exited']);

  const resting = await stage();
  await resting.recreate({ start: false, name: 'shop' });
  expect(states(resting)).toEqual(['shop shop:2 created']);
});

test('an engine that never answers a wait that was given up holds nothing up', async () => {
  const never = new Promise<never>(() => undefined);
  const here = await stage((line) => (line.endsWith('/wait?condition=not-running') ? never : undefined));
  await here.recreate();
  expect(states(here)).toEqual(['web shop:2 running']);
});

test('an old container that cannot be removed is told, and removed at the next start of the agent', async () => {
  const here = await stage(refusing(/^DELETE/));
  await here.recreate();
  expect(here.reports).toEqual([expect.stringContaining('is still there: not today')]);
  expect(here.fake.containers).toHaveLength(2);

  const told: string[] = [];
  await new ReplacingNotes(here.directory).finishAll(here.fake.handle, (what) => told.push(what), neverAborted);

  expect(states(here)).toEqual(['web shop:2 running']);
  expect(told).toEqual([expect.stringContaining('is removed now')]);
  expect(await readdir(here.directory)).toEqual([]);
});

test.each([
  ['before the new one is made', /containers\/create/],
  ['after the new one was made', /rename\?name=web-before/],
  ['after the old one gave its name away', /rename\?name=web$/],
  ['after the new one took the name', /\/stop$/],
  ['before the new one is started', /(?<!rename)\/start$/],
])('an agent that ends %s takes the recreation back at its next start', async (_when, pattern) => {
  let reached: () => void = () => undefined;
  const cut = new Promise<void>((resolve) => (reached = resolve));
  const never = new Promise<never>(() => undefined);
  const here = await stage((line) => {
    if (!pattern.test(line)) return undefined;
    reached();
    return never;
  });
  void here.recreate();
  await cut;
  const [note = ''] = await readdir(here.directory);
  expect(JSON.parse(await readFile(join(here.directory, note), 'utf8'))).toMatchObject({ name: 'web', wasRunning: true });

  const told: string[] = [];
  await new ReplacingNotes(here.directory).finishAll(here.fake.handle, (what) => told.push(what), neverAborted);

  expect(states(here)).toEqual(['web shop:1 running']);
  expect(told).toEqual(['container web is as it was before its recreation, which was cut off']);
  expect(await readdir(here.directory)).toEqual([]);
});

test.each(['the name', 'the start of the id'])('a container of somebody else is not touched where %s of it is asked for', async (what) => {
  const here = await stage((line) =>
    /containers\/create/.test(line) ? Promise.resolve(json(400, { message: 'no such image' })) : undefined,
  );
  const foreign = here.fake.add({ name: 'foreign', image: 'other:1' });
  foreign.name = 'theirs';

  await expect(here.recreate({ name: what === 'the name' ? 'theirs' : foreign.id.slice(0, 12) })).rejects.toThrow(
    what === 'the name' ? 'The container name "/theirs" is already in use' : 'no such image; container web is as it was',
  );
  expect(states(here).sort()).toEqual(['theirs other:1 created', 'web shop:1 running']);
});

test('whoever took the wanted name meanwhile is not taken for the new one after a kill', async () => {
  const here = await stage();
  const foreign = here.fake.add({ name: 'foreign', image: 'other:1' });
  const note = { oldId: here.oldId, name: 'web', newName: foreign.name, setAside: 'x', wasRunning: true };
  const finish = async (more: object): Promise<void> => {
    await writeFile(join(here.directory, `${here.oldId}.json`), JSON.stringify({ ...note, ...more }));
    await new ReplacingNotes(here.directory).finishAll(here.fake.handle, () => undefined, neverAborted);
    expect(await readdir(here.directory)).toEqual([]);
  };
  await finish({ madeAs: `${foreign.name}-after-0` });
  // A note of an agent that wrote down no name of its own.
  await finish({});
  await finish({ madeAs: foreign.id.slice(0, 12) });
  expect(here.fake.containers).toHaveLength(2);

  await finish({ madeAs: foreign.name });
  expect(states(here)).toEqual(['web shop:1 running']);
});

test('a new container stays where the old one is gone meanwhile', async () => {
  const here = await stage(refusing(/(?<!rename|create)\/start$/));
  const made = here.fake.add({ name: 'made', image: 'shop:2' });
  const note = { oldId: '0'.repeat(64), name: 'web', setAside: 'x', newName: made.name, madeAs: 'y', wasRunning: true, newId: made.id };
  await writeFile(join(here.directory, 'gone.json'), JSON.stringify(note));
  const told: string[] = [];

  await new ReplacingNotes(here.directory).finishAll(here.fake.handle, (what) => told.push(what), neverAborted);

  expect(here.fake.containers.map(({ id }) => id)).toContain(made.id);
  expect(told).toEqual([expect.stringContaining('is gone')]);
  expect(await readdir(here.directory)).toEqual([]);
});

test('an engine that never answers keeps no agent from its work: what is half done is left to the next start', async () => {
  const here = await stage();
  const note = { oldId: here.oldId, name: 'web', setAside: 'x', newName: 'web', madeAs: 'y', wasRunning: true, isReplaced: true };
  await writeFile(join(here.directory, `${here.oldId}.json`), JSON.stringify(note));
  const told: string[] = [];

  await new ReplacingNotes(here.directory).finishAll(
    () => new Promise(() => undefined),
    (what) => told.push(what),
    AbortSignal.timeout(20),
  );

  expect(told).toEqual([expect.stringContaining('could not be ended: the engine has not answered in time')]);
  expect(await readdir(here.directory)).toHaveLength(1);
});

test('a container is not replaced twice at a time', async () => {
  const here = await stage();
  await using _first = await here.notes.begin({
    oldId: here.oldId,
    name: 'web',
    setAside: 'x',
    newName: 'web',
    madeAs: 'y',
    wasRunning: true,
  });

  await expect(here.recreate()).rejects.toMatchObject({ code: 'conflict', message: 'container web is being replaced already' });
  expect(here.asked).toEqual([]);
});
