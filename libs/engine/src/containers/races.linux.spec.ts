import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import { askUntil } from '@gantry/engine-api/testing';
import { createIn, eventsOf, inspectIn, runIn, shell, type ToldEvent, waitIn } from '../testing/container-client.ts';
import { openTestEngine, type TestEngine } from '../testing/open-test-engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

const run = (script: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> => runIn(engine.client, shell(script, more));
const actionsOf = async (id: string): Promise<string[]> => (await eventsOf(engine.client, id)).map(({ Action }) => Action);
const idle = 'trap "" TERM; while :; do sleep 0.1; done';

test('who waits for the removal is answered after it, with the code of the run', async () => {
  const id = await run('exit 7');
  const removed = waitIn(engine.client, id, 'removed');
  let isAnswered = false;
  void removed.then(() => (isAnswered = true));
  await askUntil(
    () => inspectIn(engine.client, id),
    ({ State }) => State.Status === 'exited',
  );
  expect(isAnswered).toBe(false);

  await engine.client.call('ContainerDelete', { path: { id } });

  expect(await removed).toBe(7);
});

test('a second removal names what it was asked for', async () => {
  const id = await run(idle, { HostConfig: { AutoRemove: true } });
  const name = (await inspectIn(engine.client, id)).Name.slice(1);
  const remove = (reference: string) => engine.client.call('ContainerDelete', { path: { id: reference }, query: { force: true } });

  const [, second, third] = await Promise.allSettled([remove(id), remove(name), remove(id.slice(0, 12))]);

  for (const [result, reference] of [[second, name] as const, [third, id.slice(0, 12)] as const]) {
    expect(result).toMatchObject({ reason: { code: 'conflict', message: `removal of container ${reference} is already in progress` } });
  }
});

test('running out of memory is told while the container goes on, and known at its end', async () => {
  const limits = { Memory: 32 * 1024 * 1024, MemorySwap: 32 * 1024 * 1024 };
  const id = await run('sh -c "tail /dev/zero"; while :; do sleep 0.1; done', { HostConfig: limits });

  await askUntil(
    () => actionsOf(id),
    (actions) => actions.includes('oom'),
  );
  expect((await inspectIn(engine.client, id)).State.Status).toBe('running');
  await engine.client.call('ContainerKill', { path: { id } });
  await waitIn(engine.client, id);
  expect((await inspectIn(engine.client, id)).State.OOMKilled).toBe(true);
  expect((await actionsOf(id)).filter((action) => action === 'oom')).toHaveLength(1);
});

test('each process that is killed for want of memory is told, and that some were while the container goes on', async () => {
  const limits = { Memory: 32 * 1024 * 1024, MemorySwap: 32 * 1024 * 1024 };
  const id = await run('for i in 1 2 3; do sh -c "tail /dev/zero"; sleep 0.3; done; while :; do sleep 0.1; done', { HostConfig: limits });
  const kills = async (): Promise<number> => (await actionsOf(id)).filter((action) => action === 'oom').length;

  await askUntil(kills, (count) => count >= 3);
  expect((await inspectIn(engine.client, id)).State).toMatchObject({ Status: 'running', OOMKilled: true });
  await engine.client.call('ContainerKill', { path: { id } });
  await waitIn(engine.client, id);
  expect(await kills()).toBe(3);
  await engine.client.call('ContainerStart', { path: { id } });
  expect((await inspectIn(engine.client, id)).State.OOMKilled).toBe(false);
  await engine.client.call('ContainerKill', { path: { id } });
});

test('kill ends what a stop waits for, and pause and unpause are one after the other with it', async () => {
  const id = await run(idle);
  const stopping = engine.client.call('ContainerStop', { path: { id }, query: { t: 60 } });
  await askUntil(
    () => actionsOf(id),
    (actions) => actions.includes('kill'),
  );
  await engine.client.call('ContainerPause', { path: { id } });
  await engine.client.call('ContainerUpdate', { path: { id }, body: { CpuShares: 512 } });
  await engine.client.call('ContainerRename', { path: { id }, query: { name: `renamed-${id.slice(0, 8)}` } });
  await engine.client.call('ContainerKill', { path: { id } });

  expect((await stopping).status).toBe(204);
  expect((await inspectIn(engine.client, id)).State).toMatchObject({ Status: 'exited', ExitCode: 137 });
  expect((await actionsOf(id)).slice(3)).toEqual(['kill', 'pause', 'update', 'rename', 'kill', 'unpause', 'die', 'disconnect', 'stop']);
});

test('a stop is told before the removal that follows it, by policy or by somebody else', async () => {
  const byPolicy = await run(idle, { HostConfig: { AutoRemove: true } });
  const removed = waitIn(engine.client, byPolicy, 'removed');
  const byHand = await run(idle);
  const stop = (id: string, t: number) => engine.client.call('ContainerStop', { path: { id }, query: { t } });

  await Promise.all([stop(byPolicy, 0), stop(byPolicy, 0), removed]);
  const stopping = stop(byHand, 60);
  await askUntil(
    () => actionsOf(byHand),
    (actions) => actions.includes('kill'),
  );
  await engine.client.call('ContainerDelete', { path: { id: byHand }, query: { force: true } });
  await stopping;

  expect((await actionsOf(byPolicy)).slice(-3)).toEqual(['stop', 'stop', 'destroy']);
  expect((await actionsOf(byHand)).slice(3)).toEqual(['kill', 'kill', 'die', 'disconnect', 'stop', 'destroy']);
});

test('what is asked of a container that is being removed or is gone is refused, and nothing of it comes back', async () => {
  const id = await run(idle);
  const removing = engine.client.call('ContainerDelete', { path: { id }, query: { force: true } });
  const asked = [
    engine.client.call('ContainerStart', { path: { id } }),
    engine.client.call('ContainerRename', { path: { id }, query: { name: `late-${id.slice(0, 8)}` } }),
    engine.client.call('ContainerUpdate', { path: { id }, body: { CpuShares: 512 } }),
    engine.client.call('ContainerPause', { path: { id } }),
    engine.client.call('ContainerKill', { path: { id } }),
  ];

  const answers = await Promise.allSettled(asked);
  await removing;

  for (const answer of answers)
    if (answer.status === 'rejected') expect(['conflict', 'not-found']).toContain(Failure.from(answer.reason).code);
  await expect(inspectIn(engine.client, id)).rejects.toMatchObject({ code: 'not-found' });
  await expect(inspectIn(engine.client, `late-${id.slice(0, 8)}`)).rejects.toMatchObject({ code: 'not-found' });
  expect((await actionsOf(id)).at(-1)).toBe('destroy');
});

const clients = 32;
const stepsOfEach = 20;
const names = ['one', 'two', 'three', 'four'].map((name) => `race-${name}`);

/** Numbers below 1 that are the same in each run (a linear congruential generator). */
function numbersFrom(seed: number): () => number {
  let state = (seed * 2_654_435_761) % 2 ** 32;
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
}

/** One client: it makes, starts, stops, renames and removes by name what others do the same with. Answers what was refused with anything but a conflict. */
async function disturb(seed: number): Promise<string[]> {
  const next = numbersFrom(seed);
  const strange: string[] = [];
  const pick = (): string => names[Math.floor(next() * names.length)] ?? '';
  const acts = [
    () => createIn(engine.client, shell(idle), pick()),
    () => engine.client.call('ContainerStart', { path: { id: pick() } }),
    () => engine.client.call('ContainerStop', { path: { id: pick() }, query: { t: 0 } }),
    () => engine.client.call('ContainerRename', { path: { id: pick() }, query: { name: pick() } }),
    () => engine.client.call('ContainerDelete', { path: { id: pick() }, query: { force: next() < 0.7 } }),
    () => engine.client.call('ContainerRestart', { path: { id: pick() }, query: { t: 0 } }),
  ];
  for (let step = 0; step < stepsOfEach; step++) {
    const act = acts[Math.floor(next() * acts.length)];
    await act?.().catch((thrown: unknown) => {
      const { code, message } = Failure.from(thrown);
      const isOwnName = message === 'Renaming a container with the same name as its current name';
      if (code !== 'conflict' && code !== 'not-found' && !isOwnName) strange.push(`${code}: ${message}`);
    });
  }
  return strange;
}

/** What was told, as one after the other: a name belongs to one container at a time, and each goes its way from its creation to its end. */
function replayed(events: readonly ToldEvent[]): { readonly running: Set<string>; readonly owners: Map<string, string> } {
  const [owners, running] = [new Map<string, string>(), new Set<string>()];
  for (const { Action, Actor } of events) {
    const name = Actor.Attributes['name'] ?? '';
    const old = (Actor.Attributes['oldName'] ?? '').slice(1);
    const isHeld = owners.get(Action === 'rename' ? old : name) === Actor.ID;
    if (Action === 'create') {
      expect(owners.has(name)).toBe(false);
      owners.set(name, Actor.ID);
      continue;
    }
    expect([Action, isHeld]).toEqual([Action, true]);
    if (Action === 'rename') {
      expect(owners.has(name)).toBe(false);
      owners.delete(old);
      owners.set(name, Actor.ID);
    }
    if (Action === 'start') expect(running.has(Actor.ID)).toBe(false);
    if (Action === 'start') running.add(Actor.ID);
    if (Action === 'die') expect(running.delete(Actor.ID)).toBe(true);
    if (Action === 'destroy') expect([running.has(Actor.ID), owners.delete(name)]).toEqual([false, true]);
  }
  return { running, owners };
}

test('32 clients that make, start, stop, rename and remove the same names leave what one after the other could have left', async () => {
  const since = (Date.now() / 1000).toFixed(3);
  const strange = await Promise.all(Array.from({ length: clients }, (_, seed) => disturb(seed + 1)));
  await sleep(100);
  const filters = { type: ['container'], container: names };
  const query = { since, until: (Date.now() / 1000 + 0.02).toFixed(3), filters };
  const text = await (await engine.client.call('SystemEvents', { query })).text();
  const events = text.split('\n').filter((line) => line !== '');

  expect(strange.flat()).toEqual([]);
  expect(events.length).toBeGreaterThan(clients);
  const { running, owners } = replayed(events.map((line) => JSON.parse(line) as ToldEvent));
  const listed = await (
    await engine.client.call('ContainerList', { query: { all: true, filters: { name: names } } })
  ).json<{ Id: string; Names: string[]; State: string }[]>();
  expect(new Map(listed.map(({ Id, Names }) => [Names[0]?.slice(1), Id]))).toEqual(owners);
  for (const { Id, State } of listed) {
    const { Pid } = (await inspectIn(engine.client, Id)).State;
    expect([State === 'running', Pid > 0 && existsSync(`/proc/${Pid}`)]).toEqual([running.has(Id), running.has(Id)]);
    await engine.client.call('ContainerDelete', { path: { id: Id }, query: { force: true } });
  }
}, 120_000);

test('nothing went wrong that nobody was told of', () => {
  expect(engine.problems).toEqual([]);
});
