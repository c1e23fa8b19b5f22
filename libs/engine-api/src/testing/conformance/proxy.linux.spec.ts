import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { serveEngine } from '../../door/serve-engine.ts';
import { dockerEngine } from '../../proxy/docker-engine.ts';
import type { EngineUnderTest } from '../engine-under-test.ts';
import { loadBusybox } from '../fixtures.ts';
import { startDockerd } from '../start-dockerd.ts';
import { socketConformance } from './sockets.ts';
import { streamConformance } from './streams.ts';
import { readingConformance } from './system.ts';

const opened = new AsyncDisposableStack();
let engine: EngineUnderTest;

beforeAll(async () => {
  const { path } = opened.use(await temporaryDirectory());
  const dockerd = opened.use(await startDockerd());
  const socketPath = join(path, 'docker.sock');
  opened.use(await serveEngine(dockerEngine({ socketPath: dockerd.socketPath }), { path: socketPath }));
  engine = { kind: 'dockerd', socketPath, enter: dockerd.enter };
  await loadBusybox(engine);
});
afterAll(() => opened.disposeAsync());

describe('a dockerd behind our door and proxy: reading', () => readingConformance(() => engine));
describe('a dockerd behind our door and proxy: streams', () => streamConformance(() => engine));
describe('a dockerd behind our door and proxy: sockets', () => socketConformance(() => engine));
