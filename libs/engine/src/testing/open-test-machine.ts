import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { type EngineClient, engineClient } from '@gantry/engine-api';
import { defaultEngineConfig } from '../config.ts';
import { type NativeEngine, openNativeEngine } from '../native-engine.ts';
import { busyboxImage, dockerArchive } from './image-archives.ts';
import { nothingLeft } from './nothing-left.ts';
import { removeAll } from './open-test-engine.ts';
import { testPool } from './test-pool.ts';

/** Engines one after the other on the same roots, as a machine has them over its restarts. */
export interface TestMachine extends AsyncDisposable {
  /** Of the first engine, which runs and has `busybox:latest`. */
  readonly client: EngineClient;
  /** The next engine, after `stop`. */
  start(): Promise<EngineClient>;
  /** Ends the engine that runs; containers go on. Twice is once. */
  stop(): Promise<void>;
  /** What the engines had nobody else to tell. */
  readonly problems: readonly string[];
  /** A file of a container's record. */
  record(id: string, name: string): string;
  readonly root: string;
}

/** Disposing removes all containers and fails where something is left in the kernel. */
export async function openTestMachine(): Promise<TestMachine> {
  await using opened = new AsyncDisposableStack();
  const { path: root } = opened.use(await temporaryDirectory());
  const problems: string[] = [];
  let engine: NativeEngine | undefined;
  const start = async (): Promise<EngineClient> => {
    engine = await openNativeEngine({
      dataRoot: join(root, 'data'),
      runRoot: join(root, 'run'),
      config: { ...defaultEngineConfig, addressPools: [testPool(217)] },
      report: (problem) => problems.push(problem),
    });
    return engineClient(engine.handle);
  };
  const stop = async (): Promise<void> => {
    await engine?.[Symbol.asyncDispose]();
    engine = undefined;
  };
  opened.defer(async () => {
    await stop();
    const client = await start();
    const instance = engine?.instance ?? '';
    await removeAll(client);
    await stop();
    nothingLeft({ roots: [root], instance });
  });
  const client = await start();
  const archive = await dockerArchive([{ image: await busyboxImage({ Env: ['PATH=/bin'] }), tags: ['busybox:latest'] }]);
  await (await client.call('ImageLoad', { body: archive })).text();
  const record = (id: string, name: string): string => join(root, 'data/engine/containers', id, name);
  const closing = opened.move();
  return { client, start, stop, problems, record, root, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}
