import {
  ApiVersion,
  type Bytes,
  type Engine,
  type EngineResponse,
  type Handlers,
  hijack,
  json,
  jsonStream,
  messages,
  type RouteName,
  routed,
  routes,
} from '@gantry/engine-api';
import { Failure } from '@gantry/base';
import type { Reached } from './scripted-engine.ts';

/** What belongs to one team: everything has its project and a name that stands nowhere else. */
export interface Belongings {
  readonly project: string;
  readonly container: string;
  readonly network: string;
  readonly volume: string;
  readonly image: string;
  readonly exec: string;
}

/** The objects of a project whose ids repeat one hex digit. */
export function belongingsOf(project: string, digit: string): Belongings {
  const id = digit.repeat(64);
  return { project, container: id, network: id, volume: `${project}-data`, image: `sha256:${id}`, exec: id };
}

const labelsOf = (project: string): Record<string, string> => ({ 'com.docker.compose.project': project, about: `${project}-label` });
const containerItem = ({ project, container, image, network, volume }: Belongings): object => ({
  Id: container,
  Names: [`/${project}-web`],
  Image: `${project}/app:1`,
  ImageID: image,
  Command: `serve --password hunter2 ${project}`,
  Labels: labelsOf(project),
  State: 'running',
  NetworkSettings: { Networks: { [`${project}-net`]: { NetworkID: network } } },
  Mounts: [{ Type: 'volume', Name: volume }],
});
/** As a volume of a network file system is: with its password. */
const driverOptions = { type: 'cifs', o: 'username=ada,password=hunter2' };
const inspected = ({ project, container, image }: Belongings): object => ({
  Id: container,
  Name: `/${project}-web`,
  Image: image,
  Args: ['--password', 'hunter2'],
  HostConfig: { Mounts: [{ Type: 'volume', VolumeOptions: { DriverConfig: { Name: 'local', Options: driverOptions } } }] },
  Config: { Env: [`TOKEN=${project}-secret`, 'EMPTY'], Image: `${project}/app:1`, Labels: labelsOf(project) },
});
const networkItem = (network: string, name: string, labels = {}): object => ({ Id: network, Name: name, Driver: 'bridge', Labels: labels });
const volumeItem = ({ project, volume }: Belongings): object => ({
  ...{ Name: volume, Driver: 'local', Labels: labelsOf(project), Options: driverOptions },
});
const imageItem = ({ project, image }: Belongings): object => ({
  Id: image,
  ParentId: '',
  RepoTags: [`${project}/app:1`, 'other/alias:1'],
  RepoDigests: [`${project}/app@${image}`],
  Size: 10,
  Containers: 1,
  SharedSize: 5,
});

interface Setting {
  readonly events?: readonly object[];
  readonly imageLabels?: Readonly<Record<string, string>>;
  /** Rows that answer with an error: status and text. */
  readonly errors?: Partial<Record<RouteName, readonly [number, string]>>;
  /** Rows that answer with this status and value. */
  readonly answers?: Partial<Record<RouteName, readonly [number, unknown]>>;
}

/** An engine with the twin objects of teams, which notes what reaches it and changes nothing. Rows without an answer of their own answer `{}`. */
export function teamsEngine(
  teams: readonly Belongings[],
  { events = [], imageLabels = {}, errors = {}, answers: given = {} }: Setting = {},
): { engine: Engine; reached: Reached[] } {
  const reached: Reached[] = [];
  const known = {
    ...containerHandlers(teams),
    ...networkAndVolumeHandlers(teams),
    ...imageHandlers(teams, imageLabels),
    ...systemHandlers(teams, events),
  };
  const facts = { server: 'Teams/1 (linux)', versions: { oldest: ApiVersion.oldest, newest: ApiVersion.newest } };
  const answers = routed({ ...everythingElse(), ...known, ...failing(errors), ...answering(given) }, facts);
  const engine: Engine = async (request) => {
    const body = Buffer.concat(await Array.fromAsync(request.body));
    const { method, target, headers, caller } = request;
    reached.push({ method, target, headers, caller, body: body.toString() });
    return answers({ ...request, body: again(body) });
  };
  return { engine, reached };
}

function containerHandlers(teams: readonly Belongings[]): Handlers {
  const byContainer = (name: string): Belongings =>
    teams.find(({ container, project }) => container === name || name === `${project}-web`) ?? missing(messages.noSuchContainer(name));
  return {
    ContainerList: () => Promise.resolve(json(200, teams.map(containerItem))),
    ContainerInspect: ({ id }) => Promise.resolve(json(200, inspected(byContainer(id)))),
    ContainerTop: () =>
      Promise.resolve(
        json(200, {
          Titles: ['PID', 'CMD'],
          Processes: [
            ['1', 'serve --password hunter2'],
            ['7', 'worker'],
          ],
        }),
      ),
    ContainerCreate: () => Promise.resolve(json(201, { Id: 'e'.repeat(64), Warnings: [] })),
    ContainerExec: () => Promise.resolve(json(201, { Id: 'f'.repeat(64) })),
    ExecInspect: ({ id }) => {
      const team = teams.find(({ exec }) => exec === id) ?? missing(messages.noSuchExec(id));
      return Promise.resolve(json(200, { ID: id, ContainerID: team.container, Running: false }));
    },
  };
}

function networkAndVolumeHandlers(teams: readonly Belongings[]): Handlers {
  const usersOf = Object.fromEntries(teams.map(({ container, project }) => [container, { Name: `${project}-web` }]));
  return {
    NetworkList: () =>
      Promise.resolve(
        json(200, [
          networkItem('0'.repeat(64), 'bridge'),
          ...teams.map(({ network, project }) => networkItem(network, `${project}-net`, labelsOf(project))),
        ]),
      ),
    NetworkInspect: ({ id }) => {
      const team = teams.find(({ network }) => network === id) ?? missing(messages.noSuchNetwork(id));
      return Promise.resolve(json(200, { ...networkItem(id, `${team.project}-net`), Containers: usersOf, Peers: [{ Name: 'peer' }] }));
    },
    VolumeList: () => Promise.resolve(json(200, { Volumes: teams.map(volumeItem), Warnings: ['about volumes'] })),
    VolumeInspect: ({ id }) => {
      const team = teams.find(({ volume }) => volume === id) ?? missing(messages.noSuchVolume(id));
      return Promise.resolve(json(200, volumeItem(team)));
    },
  };
}

function imageHandlers(teams: readonly Belongings[], imageLabels: Readonly<Record<string, string>>): Handlers {
  const byImage = (name: string): Belongings =>
    teams.find(({ image, project }) => image === name || name === `${project}/app:1`) ??
    (name === 'other/alias:1' ? teams[0] : undefined) ??
    missing(messages.noSuchImage(name));
  return {
    ImageList: () => Promise.resolve(json(200, teams.map(imageItem))),
    ImageInspect: ({ id }) => {
      const { project, image } = byImage(id);
      const Config = { Env: ['PATH=/bin'], Labels: { by: project, ...imageLabels } };
      return Promise.resolve(json(200, { ...imageItem({ ...byImage(id), image }), Config }));
    },
    ImageHistory: ({ id }) =>
      Promise.resolve(json(200, [{ Id: id, CreatedBy: 'ENV TOKEN=secret', Tags: teams.map(({ project }) => `${project}/app:1`) }])),
    ImagePrune: () => Promise.resolve(json(200, { ImagesDeleted: [{ Untagged: 'old:1' }, { Deleted: 'sha256:0' }], SpaceReclaimed: 1 })),
  };
}

function systemHandlers(teams: readonly Belongings[], events: readonly object[]): Handlers {
  return {
    SystemInfo: () =>
      Promise.resolve(
        json(200, {
          ...{ Name: 'host', Containers: 2, ContainersRunning: 2, ContainersPaused: 0, ContainersStopped: 0, Images: 2, NFd: 40 },
          ...{ HttpProxy: 'http://user:pass@proxy:3128', RegistryConfig: { Mirrors: ['inside'] }, FutureSecret: 'x' },
        }),
      ),
    SystemDataUsage: () =>
      Promise.resolve(
        json(200, {
          LayersSize: 20,
          Images: teams.map(imageItem),
          Containers: teams.map(containerItem),
          Volumes: teams.map((team) => ({ ...volumeItem(team), UsageData: { Size: 1, RefCount: 7 } })),
          BuildCache: [{ ID: 'cache' }],
        }),
      ),
    SystemEvents: () => Promise.resolve(jsonStream(eachOf(events))),
    GantryTopology: () => Promise.resolve(json(200, topologyOf(teams))),
  };
}

function topologyOf(teams: readonly Belongings[]): object {
  return {
    ...{ takenAtMs: 1, intervalMs: 1000, routes: [{ destination: '10.0.0.0/8', gateway: '10.0.0.1' }] },
    links: [{ name: 'eth0' }, ...teams.flatMap(({ project }) => [{ name: `br-${project}` }, { name: `ve-${project}` }])],
    networks: teams.map(({ network, project }) => ({ id: network, name: `${project}-net`, link: `br-${project}` })),
    endpoints: teams.map(({ container, network, project }) => ({
      ...{ container, networkId: network, network: `${project}-net` },
      ...{ containerName: `${project}-web`, link: `ve-${project}` },
    })),
    ports: teams.map(({ container }) => ({ container, hostPort: 80 })),
  };
}

function everythingElse(): Handlers {
  const answer = (name: RouteName): EngineResponse =>
    routes.some((route) => route.name === name && route.kind === 'hijack') ? hijack({}, (input) => input) : json(200, {});
  return Object.fromEntries(routes.map(({ name }) => [name, () => Promise.resolve(answer(name))]));
}

function failing(errors: NonNullable<Setting['errors']>): Handlers {
  const entries = Object.entries(errors) as [RouteName, readonly [number, string]][];
  return Object.fromEntries(entries.map(([name, [status, message]]) => [name, () => Promise.resolve(json(status, { message }))]));
}

function answering(answers: NonNullable<Setting['answers']>): Handlers {
  const entries = Object.entries(answers) as [RouteName, readonly [number, unknown]][];
  return Object.fromEntries(entries.map(([name, [status, value]]) => [name, () => Promise.resolve(json(status, value))]));
}

async function* eachOf(values: readonly object[]): AsyncGenerator<object> {
  for (const value of values) yield await Promise.resolve(value);
}

async function* again(body: Uint8Array): Bytes {
  if (body.length > 0) yield await Promise.resolve(body);
}

function missing(message: string): never {
  throw new Failure('not-found', message);
}
