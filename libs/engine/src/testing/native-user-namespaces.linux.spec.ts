import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { serveEngine } from '@gantry/engine-api';
import { ask, type EngineUnderTest, loadBusybox, userNamespaceConformance } from '@gantry/engine-api/testing';
import { defaultEngineConfig } from '../config.ts';
import { openNativeEngine } from '../native-engine.ts';
import { nothingLeft } from './nothing-left.ts';
import { subordinateAccounts } from './subordinate-accounts.ts';

const opened = new AsyncDisposableStack();
let engine: EngineUnderTest;

beforeAll(async () => {
  const { path } = opened.use(await temporaryDirectory());
  const accounts = opened.use(await subordinateAccounts());
  const native = await openNativeEngine({
    dataRoot: join(path, 'data'),
    runRoot: join(path, 'run'),
    config: { ...defaultEngineConfig, usernsRemap: 'default', addressPools: [{ base: '10.219.0.0/16', size: 24 }] },
    accounts: accounts.path,
  });
  opened.defer(() => nothingLeft({ roots: [path], instance: native.instance }));
  opened.use(native);
  const socketPath = join(path, 'docker.sock');
  opened.use(await serveEngine(native.handle, { path: socketPath }));
  engine = { kind: 'native', socketPath, enter: [] };
  opened.defer(() => removeContainers(engine));
  await loadBusybox(engine);
});
afterAll(() => opened.disposeAsync());

/** They outlive the engine, not the test. */
async function removeContainers(under: EngineUnderTest): Promise<void> {
  const { value } = await ask(under, 'GET /containers/json?all=1');
  for (const { Id } of value as { Id: string }[]) await ask(under, `DELETE /containers/${Id}?force=1&v=1`);
}

userNamespaceConformance(() => engine);
