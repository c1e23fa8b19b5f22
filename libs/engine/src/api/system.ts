import { Failure, version as gantryVersion } from '@gantry/base';
import {
  type ApiVersion,
  type Call,
  type Capabilities,
  empty,
  type Handlers,
  json,
  shaped,
  text,
  type VersionRange,
} from '@gantry/engine-api';
import { type Counts, type EngineHostFacts, infoOf, versionOf } from './system-facts.ts';

/** Parts of `/system/df`, each in the API's form. */
export interface DiskUsage {
  readonly layersSizeBytes: number;
  readonly images: readonly unknown[];
  readonly containers: readonly unknown[];
  readonly volumes: readonly unknown[];
}

export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
  readonly identityToken: string;
  /** As `registry.example:5000`; '' is Docker Hub. */
  readonly server: string;
}

/** What the system routes ask of the rest of the engine. */
export interface SystemSource {
  readonly facts: EngineHostFacts;
  readonly versions: VersionRange;
  readonly capabilities: Capabilities;
  counts(): Promise<Counts>;
  /** Only the parts asked for are measured; an empty set means all. */
  diskUsage(parts: ReadonlySet<string>, version: ApiVersion): Promise<DiskUsage>;
  /** Tries the credentials at the registry. Fails with `unauthenticated` where it refuses them. */
  login?(login: RegistryLogin, signal: AbortSignal): Promise<{ readonly identityToken: string }>;
}

const pingHeaders = { 'cache-control': 'no-cache, no-store, must-revalidate', pragma: 'no-cache', swarm: 'inactive' };
const diskUsageParts = ['container', 'image', 'volume', 'build-cache'];

/** Version, information, ping, disk usage, login and capabilities. */
export function systemHandlers(system: SystemSource): Handlers {
  return {
    SystemPing: () => Promise.resolve(text(200, 'OK', pingHeaders)),
    SystemPingHead: () => Promise.resolve(empty(200, { 'content-type': 'text/plain; charset=utf-8', ...pingHeaders })),
    SystemVersion: () => Promise.resolve(json(200, versionOf(system.facts, system.versions))),
    SystemInfo: async ({ version }) => json(200, shaped('SystemInfo', version, infoOf(system.facts, await system.counts(), version))),
    SystemDataUsage: async (call) => json(200, await diskUsage(system, call)),
    GantryCapabilities: () => Promise.resolve(json(200, system.capabilities)),
    ...(system.login && { SystemAuth: async (call) => json(200, await authenticate(system, call)) }),
  };
}

/** The name and version in the head of every answer. */
export const serverName = `Gantry/${gantryVersion} (linux)`;

async function diskUsage(system: SystemSource, { query, version }: Call<'SystemDataUsage'>): Promise<unknown> {
  const parts = new Set(version.atLeast('1.42') ? query.type : []);
  const unknown = [...parts].find((part) => !diskUsageParts.includes(part));
  if (unknown !== undefined) throw new Failure('invalid', `unknown object type: ${unknown}`);
  const usage = await system.diskUsage(parts, version);
  const has = (part: string): boolean => parts.size === 0 || parts.has(part);
  return shaped('DiskUsage', version, {
    ...(has('image') && { LayersSize: usage.layersSizeBytes, Images: usage.images }),
    ...(has('container') && { Containers: usage.containers }),
    ...(has('volume') && { Volumes: usage.volumes }),
    ...(has('build-cache') && { BuildCache: [] }),
  });
}

async function authenticate(system: SystemSource, call: Call<'SystemAuth'>): Promise<unknown> {
  const { username = '', password = '', serveraddress = '', identitytoken = '' } = await call.json();
  const answer = await system.login?.({ username, password, identityToken: identitytoken, server: serveraddress }, call.signal);
  return { Status: 'Login Succeeded', IdentityToken: answer?.identityToken ?? '' };
}
