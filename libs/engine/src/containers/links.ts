import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { durableStep } from '../state/durable-step.ts';
import { type ContainerRecord, runOf } from './container.ts';
import type { ContainersHost } from './containers-host.ts';
import type { ManagedContainer } from './managed-container.ts';
import type { SandboxLink } from '../networks/sandboxes.ts';
import { parsePort } from './sandbox-request.ts';

/** `--link other:alias` on the default bridge. */
interface Link {
  readonly other: ManagedContainer;
  readonly alias: string;
}

type Finder = Pick<ContainersHost, 'find'>;

/** `name:alias`, `/name:/own/alias` or a name alone. Fails with `invalid`. */
export function parseLink(text: string): { readonly other: string; readonly alias: string } {
  const parts = text.split(':');
  const [other = '', last = other] = parts;
  if (text === '' || other === '' || parts.length > 2) throw new Failure('invalid', `bad format for links: ${text}`);
  return { other: other.replace(/^\//, ''), alias: last.split('/').at(-1) ?? other };
}

/** Links as they are kept, `id:alias`: the other may be renamed. Fails with `invalid` for an unknown container. */
export function keptLinks(host: Finder, links: readonly string[]): string[] {
  return links.map((text) => {
    const { other, alias } = parseLink(text);
    try {
      return `${host.find(other).id}:${alias}`;
    } catch (cause) {
      throw new Failure('invalid', `could not get container for ${other}: ${Failure.from(cause).message}`, { cause });
    }
  });
}

/** Links as inspect shows them: both by name, the alias below the container's own. Where the other is gone, there is nothing to show. */
export function shownLinks(host: Finder, { name, hostConfig: { NetworkMode, Links } }: ContainerRecord): readonly string[] | null {
  if (NetworkMode !== 'bridge' || Links === null) return Links;
  return Links.flatMap((text) => {
    const { other, alias } = parseLink(text);
    const found = existing(host, other);
    return found ? [`/${found.name}:/${name}/${alias}`] : [];
  });
}

/** The names that links give to a container beside its own, `/web/db` for the alias `db` of `web`, by the id of the container. */
export function linkNames(host: Finder, containers: readonly ManagedContainer[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { name, record } of containers) {
    if (record.hostConfig.NetworkMode !== 'bridge') continue;
    for (const text of record.hostConfig.Links ?? []) {
      const { other, alias } = parseLink(text);
      const id = existing(host, other)?.id;
      if (id !== undefined) names.set(id, [...(names.get(id) ?? []), `/${name}/${alias}`]);
    }
  }
  return names;
}

/** Forgets a link (`docker rm --link`); what its container was told at its start stays so until the next one. Fails with `not-found` where there is none of that alias. */
export async function removeLink(host: ContainersHost, container: ManagedContainer, alias: string): Promise<void> {
  using _held = await container.lock.hold();
  const { record } = container;
  const links = record.hostConfig.Links ?? [];
  const left = links.filter((text) => parseLink(text).alias !== alias);
  if (left.length === links.length || container.place !== container.id)
    throw new Failure('not-found', messages.noSuchContainer(`${record.name}/${alias}`));
  const changed = { ...record, hostConfig: { ...record.hostConfig, Links: left } };
  await durableStep('container.unlink', () => host.records.write(container.id, 'config.json', { value: changed, how: 'durably' }));
  container.record = changed;
}

/** The links of a start on the default bridge. Fails where the other does not run. */
function linksOf(host: Finder, { name, hostConfig }: ContainerRecord): Link[] {
  if (hostConfig.NetworkMode !== 'bridge') return [];
  return (hostConfig.Links ?? []).map((text) => {
    const { other, alias } = parseLink(text);
    const found = existing(host, other);
    if (!found || !runOf(found.state)) throw new Failure('conflict', messages.cannotLink(found?.name ?? other, `/${name}/${alias}`));
    return { other: found, alias };
  });
}

/** A link outlives the container that it names; to who starts the other, it is one that does not run. */
function existing(host: Finder, other: string): ManagedContainer | undefined {
  try {
    return host.find(other);
  } catch (thrown) {
    if (Failure.from(thrown).code === 'not-found') return undefined;
    throw thrown;
  }
}

/** Variables that tell of the linked containers (https://docs.docker.com/engine/network/links): address and ports by alias, and their own variables. */
export function linkedEnv(host: Finder, record: ContainerRecord): string[] {
  return linksOf(host, record).flatMap(({ other, alias }) => {
    const prefix = alias.toUpperCase().replaceAll('-', '_');
    const address = addressOf(other);
    const ports = exposedPorts(other.record);
    const [first] = ports;
    return [
      ...(first ? [`${prefix}_PORT=${first.protocol}://${address}:${first.port}`] : []),
      ...ports.flatMap(({ port, protocol }) => {
        const name = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
        return [`${name}=${protocol}://${address}:${port}`, `${name}_ADDR=${address}`, `${name}_PORT=${port}`, `${name}_PROTO=${protocol}`];
      }),
      `${prefix}_NAME=/${record.name}/${alias}`,
      ...ownVariables(other.record).map((variable) => `${prefix}_ENV_${variable}`),
    ];
  });
}

/** What a container may reach of those that it links where neighbours may not talk: ports that they expose or publish, as with dockerd. */
export function linkedPorts(host: Finder, record: ContainerRecord): SandboxLink[] {
  return linksOf(host, record).map(({ other }) => {
    const { config, hostConfig } = other.record;
    const names = new Set([...Object.keys(config.ExposedPorts ?? {}), ...Object.keys(hostConfig.PortBindings ?? {})]);
    const ports = [...names].map(parsePort).map(({ containerPort, protocol }) => ({ port: containerPort, protocol }));
    return { container: other.id, ports };
  });
}

/** Lines of the hosts file for links: `name:address`. */
export function linkedHosts(host: Finder, record: ContainerRecord): string[] {
  return linksOf(host, record).flatMap(({ other, alias }) => {
    const names = [...new Set([alias, other.record.config.Hostname, other.name])].join(' ');
    return `${names}:${addressOf(other)}`;
  });
}

function addressOf({ state }: ManagedContainer): string {
  return runOf(state)?.sandbox.endpoints.find(({ networkName }) => networkName === 'bridge')?.ipv4?.address ?? '';
}

/** By number, tcp before udp. */
function exposedPorts({ config }: ContainerRecord): { port: number; protocol: string }[] {
  const ports = Object.keys(config.ExposedPorts ?? {}).map((text) => {
    const [port = '', protocol = 'tcp'] = text.split('/');
    return { port: Number(port), protocol };
  });
  return ports.sort((one, other) => one.port - other.port || (one.protocol < other.protocol ? -1 : 1));
}

const ofTheBuild = ['HOME', 'PATH', 'DEBIAN_FRONTEND'];

function ownVariables({ config }: ContainerRecord): string[] {
  return config.Env.filter((variable) => variable.includes('=') && !ofTheBuild.includes(variable.split('=')[0] ?? ''));
}
