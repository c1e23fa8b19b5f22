import type { EngineUnderTest } from '../engine-under-test.ts';
import { loadBusybox } from '../fixtures.ts';
import { type Dockerd, startDockerd } from '../start-dockerd.ts';
import { userNamespaceConformance } from './user-namespaces.ts';

let dockerd: Dockerd;
const engine = (): EngineUnderTest => ({ kind: 'dockerd', ...dockerd });

beforeAll(async () => {
  dockerd = await startDockerd({ 'userns-remap': 'default' });
  await loadBusybox(engine());
});
afterAll(() => dockerd[Symbol.asyncDispose]());

userNamespaceConformance(engine);
