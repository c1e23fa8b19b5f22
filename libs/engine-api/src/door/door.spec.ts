import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { dockerEngine } from '../proxy/docker-engine.ts';
import { caseEngine } from '../testing/case-engine.ts';
import { RawClient } from '../testing/raw-client.ts';
import { hijackCases } from '../testing/hijack-cases.ts';
import { type CaseDoor, transportCases } from '../testing/transport-cases.ts';
import { serveEngine } from './serve-engine.ts';

const opened = closedAfterEach();

async function door(): Promise<CaseDoor> {
  const { path: directory } = opened.use(await temporaryDirectory());
  const { engine, seen } = caseEngine();
  const path = `${directory}/engine.sock`;
  opened.use(await serveEngine(engine, { path }));
  return { seen, client: async () => opened.use(await RawClient.connect(path)) };
}

async function doorBeforeProxyBeforeDoor(): Promise<CaseDoor> {
  const { path: directory } = opened.use(await temporaryDirectory());
  const { engine, seen } = caseEngine();
  const [inner, outer] = [`${directory}/inner.sock`, `${directory}/outer.sock`];
  opened.use(await serveEngine(engine, { path: inner }));
  const proxy = dockerEngine({ socketPath: inner });
  opened.defer(() => proxy[Symbol.dispose]());
  opened.use(await serveEngine(proxy, { path: outer }));
  return { seen, client: async () => opened.use(await RawClient.connect(outer)) };
}

describe('a door', () => {
  transportCases(door);
  hijackCases(door);
});

describe('a door before a proxy before a door', () => {
  transportCases(doorBeforeProxyBeforeDoor);
  hijackCases(doorBeforeProxyBeforeDoor);
});
