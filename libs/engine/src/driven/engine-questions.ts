import { hostname } from 'node:os';
import { type Engine, type EngineClient, engineClient } from '@gantry/engine-api';
import * as z from 'zod';

const texts = z.record(z.string(), z.string());
const fullId = z.string().regex(/^[0-9a-f]{64}$/);
const text = z.string().nullish();

const Endpoint = z.object({
  NetworkID: text,
  EndpointID: text,
  MacAddress: text,
  IPAddress: text,
  IPPrefixLen: z.number().nullish(),
  GlobalIPv6Address: text,
  GlobalIPv6PrefixLen: z.number().nullish(),
});
export type InspectedEndpoint = z.output<typeof Endpoint>;
const NetworkSettings = z.object({ Networks: z.record(z.string(), Endpoint.nullable()).nullish() }).nullish();

const Mount = z.object({ Type: text, Name: text, Source: text, Destination: z.string(), RW: z.boolean().nullish() });
export type InspectedMount = z.output<typeof Mount>;

const Container = z.object({
  Id: fullId,
  Name: z.string(),
  State: z.object({ Status: z.string(), Running: z.boolean(), Pid: z.number() }),
  HostConfig: z.object({ ReadonlyRootfs: z.boolean().nullish(), NetworkMode: text, Tmpfs: texts.nullish() }),
  GraphDriver: z.object({ Name: z.string(), Data: texts.nullish() }).nullish(),
  Mounts: z.array(Mount).nullish(),
  HostsPath: text,
  HostnamePath: text,
  ResolvConfPath: text,
  NetworkSettings,
});
/** What an engine tells of a container, as far as it is needed here. */
export type InspectedContainer = z.output<typeof Container>;

const ListedContainer = z.object({
  Id: fullId,
  Names: z.array(z.string()).nullish(),
  Ports: z.array(z.object({ IP: text, PrivatePort: z.number(), PublicPort: z.number().nullish(), Type: z.string() })).nullish(),
  NetworkSettings,
});
export type ListedContainer = z.output<typeof ListedContainer>;

const Network = z.object({
  Id: z.string(),
  Name: z.string(),
  Driver: z.string(),
  Internal: z.boolean().nullish(),
  Options: texts.nullish(),
  IPAM: z.object({ Config: z.array(z.object({ Subnet: text, Gateway: text })).nullish() }).nullish(),
});
export type ListedNetwork = z.output<typeof Network>;

const Volume = z.object({ Name: z.string(), Driver: z.string(), Mountpoint: z.string(), Options: texts.nullish() });
export type InspectedVolume = z.output<typeof Volume>;

const Info = z.object({
  Name: z.string(),
  Driver: z.string(),
  SecurityOptions: z.array(z.string()).nullish(),
  MemoryLimit: z.boolean().nullish(),
  CpuCfsQuota: z.boolean().nullish(),
  PidsLimit: z.boolean().nullish(),
});
export type EngineInfo = z.output<typeof Info>;

/** What is asked of the Docker or Podman beside us. Failures are its own. */
export class EngineQuestions {
  readonly #client: EngineClient;

  constructor(engine: Engine) {
    this.#client = engineClient(engine, { caller: { kind: 'gantry', part: 'host' } });
  }

  async container(id: string, signal: AbortSignal): Promise<InspectedContainer> {
    return Container.parse(await (await this.#client.call('ContainerInspect', { path: { id } }, signal)).json());
  }

  /** Those that run. */
  async containers(signal: AbortSignal): Promise<ListedContainer[]> {
    return z.array(ListedContainer).parse(await (await this.#client.call('ContainerList', {}, signal)).json());
  }

  async networks(signal: AbortSignal): Promise<ListedNetwork[]> {
    return z.array(Network).parse(await (await this.#client.call('NetworkList', {}, signal)).json());
  }

  async volume(name: string, signal: AbortSignal): Promise<InspectedVolume> {
    return Volume.parse(await (await this.#client.call('VolumeInspect', { path: { name } }, signal)).json());
  }

  async info(signal: AbortSignal): Promise<EngineInfo> {
    return Info.parse(await (await this.#client.call('SystemInfo', {}, signal)).json());
  }
}

/** Whether the engine is on this machine: a socket may lead to another one. */
export const isHere = ({ Name }: Pick<EngineInfo, 'Name'>): boolean => Name === hostname();
