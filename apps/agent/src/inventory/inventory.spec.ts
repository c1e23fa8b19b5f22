import { Failure } from '@gantry/base';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import { type Engine, json, jsonStream, routed } from '@gantry/engine-api';
import { ApiVersion } from '@gantry/engine-api';
import type { ReportBody } from '@gantry/link';
import { Inventory } from './inventory.ts';

const opened = closedAfterEach();

/** An engine whose containers and events the test makes. */
class ScriptedEngine {
  readonly containers = new Map<string, object>();
  isDown = false;
  inspections = 0;
  #listeners = new Set<(event: object | undefined) => void>();

  readonly engine: Engine = routed(
    {
      ContainerList: () =>
        Promise.resolve(
          json(
            200,
            Array.from(this.containers.keys(), (Id) => ({ Id })),
          ),
        ),
      ContainerInspect: ({ path }) => {
        this.inspections += 1;
        const container = this.containers.get(path.id ?? '');
        if (!container) throw new Failure('not-found', `No such container: ${path.id ?? ''}`);
        return Promise.resolve(json(200, container));
      },
      SystemEvents: ({ signal }) => {
        if (this.isDown) throw new Failure('unavailable', 'the engine is away');
        return Promise.resolve(jsonStream(this.#events(signal)));
      },
    },
    { server: 'Scripted', versions: { oldest: new ApiVersion(1, 24), newest: new ApiVersion(1, 51) } },
  );

  put(id: string, status: string): void {
    const State = { Status: status, Pid: status === 'running' ? 1 : 0 };
    this.containers.set(id, { Id: id, Name: `/${id}`, Created: '2026-01-01T00:00:00Z', RestartCount: 0, Image: 'sha256:1', State });
  }

  tell(action: string, id: string): void {
    const event = {
      Type: 'container',
      Action: action,
      Actor: { ID: id, Attributes: { name: id, secret: 'label' } },
      timeNano: Date.now() * 1e6,
    };
    for (const listener of this.#listeners) listener(event);
  }

  endEvents(): void {
    for (const listener of this.#listeners) listener(undefined);
  }

  async *#events(signal: AbortSignal): AsyncGenerator<object> {
    const waiting: (object | undefined)[] = [];
    let wake = Promise.withResolvers<undefined>();
    const listener = (event: object | undefined): void => {
      waiting.push(event);
      wake.resolve(undefined);
    };
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => listener(undefined));
    try {
      for (;;) {
        if (waiting.length === 0) await wake.promise;
        wake = Promise.withResolvers();
        for (const event of waiting.splice(0)) {
          if (!event) return;
          yield event;
        }
      }
    } finally {
      this.#listeners.delete(listener);
    }
  }
}

function follow(scripted: ScriptedEngine): { reports: ReportBody[]; inventory: Inventory } {
  const reports: ReportBody[] = [];
  const report = (make: (sequence: number) => ReportBody): number => reports.push(make(reports.length + 1));
  const inventory = new Inventory({ engine: scripted.engine, report, settleMs: 5 });
  const stopping = new AbortController();
  const ended = inventory.run(stopping.signal);
  opened.defer(async () => {
    stopping.abort();
    await ended;
  });
  return { reports, inventory };
}

const names = (inventory: Inventory): string[] => Array.from(inventory.rows, ({ name, state }) => `${name} ${state}`).sort();

test('all containers are told at first, and then only what changed', async () => {
  const scripted = new ScriptedEngine();
  scripted.put('a', 'running');
  scripted.put('b', 'exited');
  const { reports, inventory } = follow(scripted);
  await eventually(() => expect(names(inventory)).toEqual(['a running', 'b exited']));
  expect(inventory.running).toEqual([{ id: 'a', pid: 1 }]);
  reports.length = 0;

  scripted.put('a', 'exited');
  scripted.tell('die', 'a');

  await eventually(() => expect(reports).toHaveLength(2));
  expect(reports[0]).toMatchObject({ kind: 'event', body: { action: 'die', actorId: 'a', attributes: { name: 'a' } } });
  expect(reports[0]?.body).not.toHaveProperty('attributes.secret');
  expect(reports[1]).toMatchObject({
    kind: 'inventory',
    body: { mode: 'delta', upserts: [{ id: 'a', state: 'exited', revision: 2 }], gone: [] },
  });
});

test('a container that was removed is gone', async () => {
  const scripted = new ScriptedEngine();
  scripted.put('a', 'exited');
  const { reports, inventory } = follow(scripted);
  await eventually(() => expect(names(inventory)).toHaveLength(1));

  scripted.containers.delete('a');
  scripted.tell('destroy', 'a');

  await eventually(() => expect(reports.at(-1)).toMatchObject({ body: { mode: 'delta', upserts: [], gone: ['a'] } }));
});

test('an exec or a look at a container makes the agent look at nothing', async () => {
  const scripted = new ScriptedEngine();
  scripted.put('a', 'running');
  const { reports, inventory } = follow(scripted);
  await eventually(() => expect(names(inventory)).toHaveLength(1));
  const { inspections } = scripted;

  scripted.tell('exec_create: sh -c secret', 'a');
  scripted.tell('top', 'a');
  await eventually(() => expect(reports.at(-1)).toMatchObject({ kind: 'event', body: { action: 'top' } }));

  expect(scripted.inspections).toBe(inspections);
  expect(JSON.stringify(reports)).not.toContain('secret');
});

test('a restart loop is told in few words', async () => {
  const scripted = new ScriptedEngine();
  scripted.put('a', 'restarting');
  const { reports, inventory } = follow(scripted);
  await eventually(() => expect(names(inventory)).toHaveLength(1));

  for (let round = 0; round < 500; round += 1) scripted.tell('die', 'a');
  scripted.put('b', 'created');
  scripted.tell('create', 'b');
  await eventually(() => expect(names(inventory)).toHaveLength(2));

  expect(reports.filter(({ kind }) => kind === 'event')).toHaveLength(31);
  expect(scripted.inspections).toBeLessThan(10);
});

test('an engine that comes back is looked at again, and what happened meanwhile is told', async () => {
  const scripted = new ScriptedEngine();
  scripted.put('a', 'running');
  const { reports, inventory } = follow(scripted);
  await eventually(() => expect(names(inventory)).toHaveLength(1));

  scripted.isDown = true;
  scripted.endEvents();
  scripted.containers.delete('a');
  scripted.put('b', 'running');
  scripted.isDown = false;

  await eventually(() => expect(names(inventory)).toEqual(['b running']));
  expect(reports.at(-1)).toMatchObject({ body: { mode: 'delta', upserts: [{ id: 'b' }], gone: ['a'] } });
});

test('everything is told in parts that fit the link', async () => {
  const scripted = new ScriptedEngine();
  for (let count = 0; count < 600; count += 1) scripted.put(`container-${count}-${'x'.repeat(300)}`, 'running');
  const { reports, inventory } = follow(scripted);
  await eventually(() => expect(names(inventory)).toHaveLength(600));
  reports.length = 0;

  inventory.tellAll();
  inventory.tellHash();

  const bodies = reports.map(({ body }) => body as { mode: string; isFirst?: boolean; isLast?: boolean; upserts?: unknown[] });
  expect(bodies.length).toBeGreaterThan(3);
  expect(bodies.slice(0, -1).flatMap(({ upserts }) => upserts)).toHaveLength(600);
  expect(bodies.slice(0, -1).map(({ isFirst }) => isFirst)).toEqual(bodies.slice(0, -1).map((_, index) => index === 0));
  expect(bodies.at(-2)).toMatchObject({ isLast: true });
  expect(bodies.at(-1)).toMatchObject({ mode: 'hash' });
  for (const report of reports) expect(JSON.stringify(report).length).toBeLessThan(200_000);
});
