import { Failure } from '@gantry/base';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import { LinkServer } from '../testing/link-server.ts';
import { TestAgent } from '../testing/test-agent.ts';
import { ReportReceiver } from './report-receiver.ts';
import type { Report, ReportBody } from './report.ts';

const opened = closedAfterEach();
const numbered = (number: number) => (): ReportBody => ({
  kind: 'event',
  body: { type: 'container', action: `start-${number}`, actorId: 'c1', attributes: {}, atMs: 1 },
});
const actions = (reports: readonly Report[]): string[] => reports.map((report) => (report.kind === 'event' ? report.body.action : ''));
const all = (count: number): string[] => Array.from({ length: count }, (_, index) => `start-${index}`);

async function connected(): Promise<{ server: LinkServer; agent: TestAgent; stop: () => Promise<void> }> {
  const server = opened.use(await LinkServer.start());
  const agent = opened.use(await TestAgent.join(server));
  const { stop } = agent.link();
  await eventually(() => expect(server.links).toHaveLength(1));
  return { server, agent, stop };
}

test('reports arrive in their order and once each', async () => {
  const { server, agent } = await connected();

  for (let number = 0; number < 1000; number += 1) agent.spool.append(numbered(number));

  await eventually(() => expect(actions(server.reports)).toEqual(all(1000)));
});

test('what was reported while the link was down is back-filled in order', async () => {
  const { server, agent, stop } = await connected();
  agent.spool.append(numbered(0));
  await eventually(() => expect(server.reports).toHaveLength(1));
  await stop();

  for (let number = 1; number < 50; number += 1) agent.spool.append(numbered(number));
  agent.link();

  await eventually(() => expect(actions(server.reports)).toEqual(all(50)));
});

test('a store that fails ends the link, and the reports come again until they are committed', async () => {
  const { server, agent } = await connected();
  server.storeFailure = new Failure('unavailable', 'the database is away');
  agent.spool.append(numbered(0));
  await eventually(() => expect(server.links.length).toBeGreaterThan(1));
  expect(server.reports).toEqual([]);

  server.storeFailure = undefined;

  await eventually(() => expect(actions(server.reports)).toEqual(all(1)));
});

test('the server asks for the whole inventory, tells who is watched, and gets live numbers', async () => {
  const server = opened.use(await LinkServer.start({ onSamples: (_link, samples) => received.push(samples) }));
  const received: unknown[] = [];
  const agent = opened.use(await TestAgent.join(server));
  const asked: unknown[] = [];
  const { link } = agent.link({ onResync: () => asked.push('resync'), onWatch: (ids) => asked.push(ids) });
  await eventually(() => expect(server.links).toHaveLength(1));

  server.links[0]?.resync();
  server.links[0]?.watch(['c1']);
  await eventually(() => expect(asked).toEqual(['resync', ['c1']]));
  link.sendSamples({ atMs: 1, containers: [] });

  await eventually(() => expect(received).toEqual([{ atMs: 1, containers: [] }]));
});

test('a report that came before is acknowledged and not applied again', async () => {
  const committed: Report[] = [];
  const acknowledged: number[] = [];
  const store = {
    lastSequence: () => Promise.resolve(0),
    commit: (_id: string, reports: readonly Report[]) => Promise.resolve(void committed.push(...reports)),
  };
  const receiver = new ReportReceiver({ agentId: 'a', store, last: 5, acknowledge: (sequence) => acknowledged.push(sequence) });
  const report = (sequence: number): unknown => ({ sequence, atMs: 1, ...numbered(sequence)() });

  await Promise.all([5, 6, 7, 6, 7, 9].map((sequence) => receiver.receive(report(sequence))));

  expect(committed.map(({ sequence }) => sequence)).toEqual([6, 7, 9]);
  expect(acknowledged.at(-1)).toBe(9);
});

test('a malformed report is refused and names what is wrong', async () => {
  const store = { lastSequence: () => Promise.resolve(0), commit: () => Promise.resolve() };
  const receiver = new ReportReceiver({ agentId: 'a', store, last: 0, acknowledge: () => undefined });

  await expect(receiver.receive({ sequence: 1, atMs: 1, kind: 'event', body: { type: 'container' } })).rejects.toThrow(
    /malformed report: body/,
  );
});
