import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { serveEngine } from '@gantry/engine-api';
import { type CaseDoor, caseEngine, hijackCases, RawClient, transportCases } from '@gantry/engine-api/testing';
import { wirePair } from '../testing/wire-pair.ts';
import { remoteEngine } from './remote-engine.ts';
import { serveEngineOver } from './serve-engine-over.ts';

const opened = closedAfterEach();

async function doorBeforeLink(): Promise<CaseDoor> {
  const { path: directory } = opened.use(await temporaryDirectory());
  const { engine, seen } = caseEngine();
  const wires = opened.use(await wirePair());
  serveEngineOver(wires.answering, engine, { caller: 'as-told' });
  const path = `${directory}/engine.sock`;
  opened.use(await serveEngine(remoteEngine(wires.asking), { path }));
  return { seen, client: async () => opened.use(await RawClient.connect(path)) };
}

describe('a door before a link', () => {
  transportCases(doorBeforeLink);
  hijackCases(doorBeforeLink);
});
