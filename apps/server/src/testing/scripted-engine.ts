import { type Bytes, type Engine, type EngineRequest, empty, hijack, json, noBytes, routed, ApiVersion, stream } from '@gantry/engine-api';
import { messages } from '@gantry/engine-api';
import { Failure } from '@gantry/base';

/** What reached the engine of a host. */
export interface Reached {
  readonly method: string;
  readonly target: string;
  readonly body: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly caller: EngineRequest['caller'];
}

/** An engine that notes what reaches it and answers a few routes: enough to see what a guard in front of it does. */
export function scriptedEngine(containers: Readonly<Record<string, string>>): { engine: Engine; reached: Reached[] } {
  const reached: Reached[] = [];
  const facts = { server: 'Scripted/1 (linux)', versions: { oldest: ApiVersion.oldest, newest: ApiVersion.newest } };
  const idOf = (name: string): string => containers[name] ?? Object.values(containers).find((id) => id.startsWith(name)) ?? missing(name);
  const answers = routed(
    {
      ContainerInspect: ({ id }) => Promise.resolve(json(200, { Id: idOf(id), Config: { Env: ['TOKEN=secret', 'EMPTY'] } })),
      ContainerList: () =>
        Promise.resolve(
          json(
            200,
            Object.entries(containers).map(([name, Id]) => ({ Id, Names: [`/${name}`], Labels: {} })),
          ),
        ),
      ImageInspect: ({ id }) => Promise.resolve(json(200, { Id: `sha256:${'1'.repeat(64)}`, RepoTags: [id], Config: { Labels: null } })),
      VolumeInspect: ({ id }) => Promise.resolve(json(200, { Name: id, Labels: null })),
      ContainerCreate: () => Promise.resolve(json(201, { Id: 'e'.repeat(64), Warnings: [] })),
      ContainerStart: () => Promise.resolve(empty(204, { 'x-gantry-sequence': '7', 'x-secret': 'x' })),
      ContainerLogs: ({ query }) => Promise.resolve(stream({ 'content-type': 'application/vnd.docker.raw-stream' }, lines(query.follow))),
      ContainerExec: () => Promise.resolve(json(201, { Id: 'f'.repeat(64) })),
      ExecStart: () => Promise.resolve(hijack({ 'content-type': 'application/vnd.docker.raw-stream' }, (input) => input)),
      ExecInspect: () => Promise.resolve(json(200, { ID: 'f'.repeat(64), Running: false })),
      SystemEvents: ({ query }) =>
        Promise.resolve(stream({ 'content-type': 'application/json' }, query.since === '' ? noBytes : events(Object.values(containers)))),
      SystemInfo: () =>
        Promise.resolve(json(200, { Name: 'x', HttpProxy: 'http://user:pass@proxy:3128', RegistryConfig: { Mirrors: ['inside'] } })),
    },
    facts,
  );
  const engine: Engine = async (request) => {
    const chunks = await Array.fromAsync(request.body);
    const body = Buffer.concat(chunks);
    const { method, target, headers, caller } = request;
    reached.push({ method, target, headers, caller, body: body.toString() });
    return answers({ ...request, body: again(body) });
  };
  return { engine, reached };
}

async function* again(body: Uint8Array): Bytes {
  if (body.length > 0) yield await Promise.resolve(body);
}

/** One line, or one after the other without an end. */
async function* lines(isFollowed: boolean): Bytes {
  for (let number = 0; number === 0 || isFollowed; number++) {
    yield new TextEncoder().encode(`line ${number}\n`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** An event of each container, again and again without an end. */
async function* events(ids: readonly string[]): Bytes {
  for (;;) {
    for (const ID of ids)
      yield new TextEncoder().encode(
        `${JSON.stringify({ Type: 'container', Action: 'start', Actor: { ID, Attributes: { TOKEN: 'secret' } } })}\n`,
      );
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function missing(name: string): never {
  throw new Failure('not-found', messages.noSuchContainer(name));
}
