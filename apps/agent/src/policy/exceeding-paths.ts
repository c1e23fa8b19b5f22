import { Failure } from '@gantry/base';
import type { BodyOf, Engine } from '@gantry/engine-api';
import * as z from 'zod/mini';
import { askJson } from '../engine/ask-engine.ts';
import { type Excess, excessOfContainer } from './ceiling.ts';
import type { CheckedRequest } from './checked-request.ts';
import { broughtBy, type HostSources, hostSourcesOf, isBelow, isReplaceable, type Source } from './host-paths.ts';
import type { Policy } from './policy.ts';
import { isPlainPath } from './walk-path.ts';

const Volume = z.object({ Driver: z.optional(z.string()), Options: z.nullish(z.record(z.string(), z.string())) });
const Container = z.object({
  HostConfig: z.optional(z.record(z.string(), z.unknown())),
  Mounts: z.nullish(
    z.array(z.object({ Type: z.string(), Source: z.optional(z.string()), Name: z.optional(z.string()), Destination: z.string() })),
  ),
});

interface Inside {
  readonly policy: Policy;
  readonly engine: Engine;
  readonly signal: AbortSignal;
}

/**
 * What a request brings of the host's files into a container beyond the policy. Paths stand in several disguises: binds, mounts, volumes that are bound
 * directories, made now or before, mounts of another container. A start is judged as the create was: what was a directory may be a link by now.
 */
export async function exceedingPaths(checked: CheckedRequest, inside: Inside): Promise<Excess[]> {
  const { route, path } = checked;
  const judge = new Judge(inside, restartsOf(checked));
  if (route.name === 'ContainerStart' || route.name === 'ContainerRestart') {
    // With a list a link may have come in between; without one nothing that the server made has a path, and what others made is theirs to run.
    return Array.isArray(inside.policy.hostPaths) ? judge.containerLinks(path['id'] ?? '') : [];
  }
  if (reaching.includes(route.permission)) return judge.reached(checked);
  const found = await judge.sources(hostSourcesOf(checked));
  return route.name === 'ContainerUpdate' ? [...found, ...(await judge.restarted(path['id'] ?? ''))] : found;
}

/** The restart policy that a create or an update sets; undefined where that is none. */
function restartsOf({ route, body }: CheckedRequest): string | undefined {
  const isCreate = route.name === 'ContainerCreate';
  if (!isCreate && route.name !== 'ContainerUpdate') return undefined;
  const { RestartPolicy } = (isCreate ? (body as BodyOf<'ContainerCreate'>).HostConfig : (body as BodyOf<'ContainerUpdate'>)) ?? {};
  const { Name = '' } = RestartPolicy ?? {};
  return Name === '' || Name === 'no' ? undefined : Name;
}

/** What leads into a container or volume that is there already. */
const reaching = ['container:exec', 'container:attach', 'files:read', 'files:write'];

class Judge {
  readonly #inside: Inside;
  readonly #restarts: string | undefined;

  /** `restarts`: the policy by which the engine will start it again without any request. */
  constructor(inside: Inside, restarts: string | undefined) {
    this.#inside = inside;
    this.#restarts = restarts;
  }

  async sources({ paths, volumes, containers, others }: HostSources): Promise<Excess[]> {
    const found: Excess[] = [];
    for (const { field, name } of paths) found.push(...(await this.#path(field, name)));
    for (const volume of volumes) found.push(...(await this.#volume(volume)));
    for (const container of containers) found.push(...(await this.#container(container)));
    for (const { field } of others) if (this.#forbidsOthers) found.push({ field, key: this.#othersKey });
    return found;
  }

  /** Links in the paths of a container that are below an allowed one. */
  async containerLinks(id: string): Promise<Excess[]> {
    const found: Excess[] = [];
    for (const { Type, Source = '' } of await this.#mountsOf(id)) {
      const isOurs = Type === 'bind' && isBelow(Source, this.#allowed);
      if (isOurs && !(await isPlainPath(Source))) found.push({ field: `${Source} is a link or below one`, key: 'hostPaths' });
    }
    return found;
  }

  /** What a container that is there has below an allowed path, where it gets a restart policy; what else it has is judged where it is made or entered. */
  async restarted(id: string): Promise<Excess[]> {
    if (this.#restarts === undefined || this.#allowed.length === 0) return [];
    return (await this.#container({ field: 'Mounts', name: id })).filter(({ why }) => why !== undefined);
  }

  /** A container, or a volume, that somebody else made with more rights than the server may give is no way around the policy. */
  async reached({ route, path }: CheckedRequest): Promise<Excess[]> {
    const [id, name] = [path['id'], path['name']];
    const isVolume = route.refs.some(({ object, in: place }) => object === 'volume' && place === 'path');
    if (isVolume) return this.#volume({ field: `volume ${id ?? name ?? ''}`, name: id ?? name ?? '' });
    if (id === undefined || !route.refs.some(({ object, in: place }) => object === 'container' && place === 'path')) return [];
    const { HostConfig = {} } = await this.#inspect(id);
    const powers = excessOfContainer(HostConfig, this.#inside.policy);
    return [...powers, ...(await this.#container({ field: 'Mounts', name: id }))];
  }

  /** A volume that somebody made before may stand for a directory. One that is not there is made as a plain one. */
  async #volume({ field, name }: Source): Promise<Excess[]> {
    const { engine, signal } = this.#inside;
    const answered = await askJson(engine, `/volumes/${encodeURIComponent(name)}`, signal).catch((thrown: unknown) => {
      if (Failure.from(thrown).code === 'not-found') return undefined;
      throw thrown;
    });
    if (answered === undefined) return [];
    const { Driver = '', Options } = z.parse(Volume, answered);
    const { path, isOther } = broughtBy(Driver, Options ?? {});
    const found: Excess[] = [];
    if (path !== undefined) found.push(...(await this.#path(`${field} device=${Options?.['device'] ?? ''}`, path)));
    if (isOther && this.#forbidsOthers) found.push({ field, key: this.#othersKey });
    return found;
  }

  async #container({ field, name }: Source): Promise<Excess[]> {
    const found: Excess[] = [];
    for (const { Type, Source = '', Name = '', Destination } of await this.#mountsOf(name)) {
      if (Type === 'bind') found.push(...(await this.#path(`${field} ${Source}`, Source)));
      if (Type === 'volume') found.push(...(await this.#volume({ field: `${field} ${Destination}`, name: Name })));
    }
    return found;
  }

  async #mountsOf(id: string): Promise<NonNullable<z.infer<typeof Container>['Mounts']>> {
    return (await this.#inspect(id)).Mounts ?? [];
  }

  async #inspect(id: string): Promise<z.infer<typeof Container>> {
    const { engine, signal } = this.#inside;
    return z.parse(Container, await askJson(engine, `/containers/${encodeURIComponent(id)}/json`, signal));
  }

  async #path(field: string, path: string): Promise<Excess[]> {
    if (!(await this.#isAllowed(path))) return [{ field, key: this.#key }];
    if (this.#restarts === undefined || !isReplaceable(path, this.#allowed)) return [];
    const why = 'with a restart policy a directory must be in the list hostPaths itself, not below one that is';
    return [{ field: `${field} with RestartPolicy ${this.#restarts}`, key: this.#key, why }];
  }

  async #isAllowed(path: string): Promise<boolean> {
    const { elevatedContainers, hostPaths } = this.#inside.policy;
    if (elevatedContainers && hostPaths === true) return true;
    return isBelow(path, this.#allowed) && (await isPlainPath(path));
  }

  get #allowed(): readonly string[] {
    const { hostPaths, elevatedContainers } = this.#inside.policy;
    return elevatedContainers && Array.isArray(hostPaths) ? hostPaths : [];
  }

  get #key(): 'elevatedContainers' | 'hostPaths' {
    return this.#inside.policy.elevatedContainers ? 'hostPaths' : 'elevatedContainers';
  }

  get #forbidsOthers(): boolean {
    const { elevatedContainers, otherElevated } = this.#inside.policy;
    return !elevatedContainers || !otherElevated;
  }

  get #othersKey(): 'elevatedContainers' | 'otherElevated' {
    return this.#inside.policy.elevatedContainers ? 'otherElevated' : 'elevatedContainers';
  }
}
