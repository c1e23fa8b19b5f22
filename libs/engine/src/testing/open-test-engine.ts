import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { type EngineClient, engineClient } from '@gantry/engine-api';
import { defaultEngineConfig, type EngineConfig } from '../config.ts';
import { type NativeEngine, openNativeEngine } from '../native-engine.ts';
import { busyboxImage, dockerArchive } from './image-archives.ts';
import { nothingLeft } from './nothing-left.ts';
import { testPool } from './test-pool.ts';

export interface TestEngine extends AsyncDisposable {
  readonly engine: NativeEngine;
  readonly client: EngineClient;
  readonly root: string;
  /** What the engine had nobody else to tell. */
  readonly problems: readonly string[];
}

/** A native engine on roots of its own with `busybox:latest`; disposing removes its containers and fails where something is left in the kernel. */
export async function openTestEngine(config: Partial<EngineConfig> = {}, accounts?: string): Promise<TestEngine> {
  await using opened = new AsyncDisposableStack();
  const { path } = opened.use(await temporaryDirectory());
  const problems: string[] = [];
  const engine = await openNativeEngine({
    dataRoot: join(path, 'data'),
    runRoot: join(path, 'run'),
    config: { ...defaultEngineConfig, addressPools: [testPool(215)], ...config },
    report: (problem, cause) => problems.push(`${problem} ${String(cause)}`),
    ...(accounts !== undefined && { accounts }),
  });
  opened.defer(() => {
    nothingLeft({ roots: [path], instance: engine.instance });
  });
  opened.use(engine);
  const client = engineClient(engine.handle);
  opened.defer(() => removeAll(client));
  const archive = await dockerArchive([{ image: await busyboxImage({ Env: ['PATH=/bin'], Cmd: ['sh'] }), tags: ['busybox:latest'] }]);
  await (await client.call('ImageLoad', { body: archive })).text();
  const closing = opened.move();
  return { engine, client, root: path, problems, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

/** Removes all containers of an engine. */
export async function removeAll(client: EngineClient): Promise<void> {
  const list = await (await client.call('ContainerList', { query: { all: true } })).json<{ Id: string }[]>();
  await Promise.all(list.map(({ Id }) => client.call('ContainerDelete', { path: { id: Id }, query: { force: true, v: true } })));
}
