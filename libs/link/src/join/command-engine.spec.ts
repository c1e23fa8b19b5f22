import { Failure } from '@gantry/base';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import { type Engine, json, noBytes } from '@gantry/engine-api';
import { serveEngineOver } from '../channels/serve-engine-over.ts';
import { LinkServer } from '../testing/link-server.ts';
import { TestAgent } from '../testing/test-agent.ts';
import { commandsOnce } from './messages.ts';

const opened = closedAfterEach();
const person = { kind: 'person', id: 'u', name: 'ann', requestId: 'request-1' } as const;

interface World {
  readonly server: LinkServer;
  /** What the agent was asked, with the key that came with it. */
  readonly asked: string[];
  readonly ask: (what: string, signal?: AbortSignal) => ReturnType<Engine>;
}

/** An agent that loses its link under the first request, after it was asked. */
async function world(capabilities: readonly string[], options = {}): Promise<World> {
  const server = opened.use(await LinkServer.start(options));
  const agent = opened.use(await TestAgent.join(server));
  const asked: string[] = [];
  const engine: Engine = ({ method, target, headers }) => {
    asked.push(`${method} ${target} ${headers.get('idempotency-key') ?? 'no key'}`);
    if (asked.length > 1) return Promise.resolve(json(200, { times: asked.length }));
    server.links[0]?.close(new Failure('unavailable', 'cut'));
    return new Promise(() => undefined);
  };
  agent.link({ capabilities, serve: (wire) => void serveEngineOver(wire, engine, { caller: 'as-told' }) });
  await eventually(() => expect(server.links).toHaveLength(1));
  const remote = server.door.engine(agent.membership.agentId);
  const ask: World['ask'] = (what, signal = new AbortController().signal) => {
    const [method = '', target = ''] = what.split(' ');
    return remote({ method: method as 'GET', target, headers: new Map(), upgrade: 'none', body: noBytes, caller: person, signal });
  };
  return { server, asked, ask };
}

test('a command whose link was lost is asked again with its key, where the agent keeps a journal', async () => {
  const { asked, ask } = await world([commandsOnce]);

  expect(await ask('POST /v1.51/containers/c1/restart')).toMatchObject({ kind: 'plain', status: 200 });

  expect(asked).toEqual(Array(2).fill('POST /v1.51/containers/c1/restart request-1'));
});

test('without a journal only what may be done twice is asked again', async () => {
  const repeatable = await world([]);
  expect(await repeatable.ask('POST /containers/c1/stop')).toMatchObject({ status: 200 });

  const unsafe = await world([]);
  await expect(unsafe.ask('POST /containers/c1/restart')).rejects.toMatchObject({ code: 'unavailable' });
  expect(unsafe.asked).toHaveLength(1);
});

test('a question is lost with its link, and carries no key', async () => {
  const { asked, ask } = await world([commandsOnce]);

  await expect(ask('GET /containers/json')).rejects.toMatchObject({ code: 'unavailable' });

  expect(asked).toEqual(['GET /containers/json no key']);
});

test('the patience of the server and that of the caller end the waiting', async () => {
  const impatient = await world([commandsOnce], { commandPatienceMs: 0 });
  await expect(impatient.ask('POST /containers/c1/restart')).rejects.toMatchObject({ code: 'unavailable' });

  const left = await world([commandsOnce]);
  const leaving = new AbortController();
  const asking = left.ask('POST /containers/c1/restart', leaving.signal);
  await eventually(() => expect(left.asked).toHaveLength(1));
  leaving.abort();
  await expect(asking).rejects.toBeDefined();
  expect(left.asked).toHaveLength(1);
});

test('a host that is not connected is told as that', async () => {
  const server = opened.use(await LinkServer.start());

  const asking = server.door.engine('nobody')({
    method: 'POST', target: '/containers/c1/stop', headers: new Map(), upgrade: 'none', body: noBytes, caller: person, signal: AbortSignal.timeout(60_000),
  }); // prettier-ignore

  await expect(asking).rejects.toMatchObject({ code: 'unavailable', message: 'the host is not connected' });
});
