import { join } from 'node:path';
import { Readable } from 'node:stream';
import { temporaryDirectory } from '@gantry/base/testing';
import { serveEngine } from '@gantry/engine-api';
import { clientConformance, type EngineUnderTest, loadBusybox, startDockerd, tarOf } from '@gantry/engine-api/testing';
import Dockerode from 'dockerode';
import { openTestEngine } from './open-test-engine.ts';
import { testPool } from './test-pool.ts';

const opened = new AsyncDisposableStack();
let native: EngineUnderTest;
let dockerd: EngineUnderTest;

beforeAll(async () => {
  const { path } = opened.use(await temporaryDirectory());
  dockerd = { kind: 'dockerd', ...opened.use(await startDockerd()) };
  const { engine } = opened.use(await openTestEngine({ addressPools: [testPool(218)] }));
  const socketPath = join(path, 'docker.sock');
  opened.use(await serveEngine(engine.handle, { path: socketPath }));
  native = { kind: 'native', socketPath, enter: [] };
  await Promise.all([loadBusybox(dockerd), loadBusybox(native)]);
});
afterAll(() => opened.disposeAsync());

describe('dockerd', () => clientConformance(() => dockerd));
describe('the native engine', () => clientConformance(() => native));

test('dockerode hears that the native engine builds nothing yet, and the context it sends is no trouble', async () => {
  const context = Readable.from(
    tarOf([
      { path: 'Dockerfile', content: 'FROM busybox' },
      { path: 'large', content: 'x'.repeat(4_000_000) },
    ]),
  );

  await expect(new Dockerode({ socketPath: native.socketPath }).buildImage(context, { t: 'built' })).rejects.toMatchObject({
    statusCode: 501,
    message: expect.stringContaining('building images') as unknown,
  });
});
