import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, type Program, temporaryDirectory } from '@gantry/base/testing';
import { LinkServer } from '@gantry/link/testing';
import { startAgent } from './start-agent.ts';

const bundle = fileURLToPath(new URL('../../dist/agent.mjs', import.meta.url));

export interface JoinedAgent extends AsyncDisposable {
  readonly server: LinkServer;
  readonly agent: Program;
  /** Its data root is `data` below it, its run root `run`. */
  readonly root: string;
  /** Where it answers as its engine does. */
  readonly socketPath: string;
  /** The next process of the same agent. */
  readonly start: () => Program;
}

/** The built agent that has joined a server of its own, with `environment` for its engine; disposing ends both and waits for them. */
export async function joinedAgent(
  environment: Readonly<Record<string, string>>,
  options?: Parameters<typeof LinkServer.start>[0],
): Promise<JoinedAgent> {
  await using opened = new AsyncDisposableStack();
  const server = opened.use(await LinkServer.start(options));
  const { path: root } = opened.use(await temporaryDirectory());
  await writeFile(join(root, 'code'), server.makeCode().text);
  const places = { GANTRY_DATA_ROOT: join(root, 'data'), GANTRY_RUN_ROOT: join(root, 'run') };
  const all = { GANTRY_SERVER_URL: server.url, ...places, ...environment };
  const processes = opened.use(new AsyncDisposableStack());
  const start = (): Program => processes.use(startAgent(bundle, { args: ['--code-file', join(root, 'code')], environment: all }));
  const agent = start();
  await eventually(() => expect(server.links).toHaveLength(1));
  const closing = opened.move();
  return {
    ...{ server, agent, root, start },
    socketPath: join(root, 'run', 'docker.sock'),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** The states of containers by name, as an agent has told them last. */
export function toldStates({ reports }: Pick<LinkServer, 'reports'>): Map<string, string> {
  const states = new Map<string, string>();
  for (const report of reports) {
    if (report.kind !== 'inventory' || report.body.mode === 'hash') continue;
    for (const { name, state } of report.body.upserts) states.set(name, state);
  }
  return states;
}
