import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { type Engine, type EngineRequest, routes, serveEngine } from '@gantry/engine-api';
import { ask, engineConformance, type EngineUnderTest, loadBusybox } from '@gantry/engine-api/testing';
import { defaultEngineConfig } from '../config.ts';
import { openNativeEngine } from '../native-engine.ts';
import { testPool } from './test-pool.ts';

/** What the native engine does not do yet: each has to fail, so that this list only shrinks. */
const notYet: readonly string[] = [];

const opened = new AsyncDisposableStack();
let engine: EngineUnderTest;
let handle: Engine;

beforeAll(async () => {
  const { path } = opened.use(await temporaryDirectory());
  const problems: string[] = [];
  const native = opened.use(
    await openNativeEngine({
      dataRoot: join(path, 'data'),
      runRoot: join(path, 'run'),
      config: { ...defaultEngineConfig, addressPools: [testPool(213)] },
      report: (problem) => problems.push(problem),
    }),
  );
  ({ handle } = native);
  const socketPath = join(path, 'docker.sock');
  opened.use(await serveEngine(native.handle, { path: socketPath }));
  engine = { kind: 'native', socketPath, enter: [], notYet };
  opened.defer(() => removeContainers(engine));
  await loadBusybox(engine);
});
afterAll(() => opened.disposeAsync());

/** They outlive the engine, not the test. */
async function removeContainers(under: EngineUnderTest): Promise<void> {
  const { value } = await ask(under, 'GET /containers/json?all=1');
  for (const { Id } of value as { Id: string }[]) await ask(under, `DELETE /containers/${Id}?force=1&v=1`);
}

engineConformance(() => engine);

test.each(routes.filter(({ refusal }) => !refusal).map((route) => [route.name, route] as const))(
  '%s is answered or says why not',
  async (_name, route) => {
    const nothing = async function* (): AsyncGenerator<Uint8Array> {};
    const request: EngineRequest = {
      method: route.method,
      target: route.path.replaceAll(/\{\w+\*?\}/g, 'none-such'),
      headers: new Map(),
      upgrade: 'none',
      body: nothing(),
      caller: { kind: 'gantry', part: 'test' },
      signal: AbortSignal.timeout(60_000),
    };

    const answer = await handle(request);
    const said = answer.kind === 'plain' && answer.body instanceof Uint8Array ? new TextDecoder().decode(answer.body) : '';
    expect(said).not.toContain(`${route.method} ${route.path} is not supported`);
  },
);
