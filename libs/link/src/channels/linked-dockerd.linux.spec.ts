import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { dockerEngine, serveEngine } from '@gantry/engine-api';
import { type EngineUnderTest, loadBusybox, startDockerd, transportConformance } from '@gantry/engine-api/testing';
import { wirePair } from '../testing/wire-pair.ts';
import { remoteEngine } from './remote-engine.ts';
import { serveEngineOver } from './serve-engine-over.ts';

let engine: EngineUnderTest;
const opened = new AsyncDisposableStack();

// Whatever a client does with dockerd it can do from the far end: door, link, proxy, dockerd; the suite's part that hops can spoil, three hops further out.
beforeAll(async () => {
  const { path } = opened.use(await temporaryDirectory());
  const dockerd = opened.use(await startDockerd());
  const proxy = dockerEngine({ socketPath: dockerd.socketPath });
  opened.defer(() => proxy[Symbol.dispose]());
  const wires = opened.use(await wirePair());
  serveEngineOver(wires.answering, proxy, { caller: 'as-told' });
  const socketPath = join(path, 'door.sock');
  opened.use(await serveEngine(remoteEngine(wires.asking), { path: socketPath }));
  engine = { kind: 'dockerd', socketPath, enter: dockerd.enter };
  await loadBusybox(engine);
});
afterAll(() => opened.disposeAsync());

transportConformance(() => engine);
