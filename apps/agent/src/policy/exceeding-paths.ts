import { Failure } from '@gantry/base';
import type { Engine } from '@gantry/engine-api';
import * as z from 'zod/mini';
import { askJson } from '../engine/ask-engine.ts';
import { type Excess, excessOfContainer } from './ceiling.ts';
import type { CheckedRequest } from './checked-request.ts';
import { broughtBy, type HostSources, hostSourcesOf, isBelow, type Source } from './host-paths.ts';
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
  const judge = new Judge(inside);
  if (route.name === 'ContainerStart' || route.name === 'ContainerRestart') {
    // With a list a link may have come in between; without one nothing that the server made has a path, and what others made is theirs to run.
    return Array.isArray(inside.policy.hostPaths) ? judge.containerLinks(path['id'] ?? '') : [];
  }
  if (reaching.includes(route.permission)) return judge.reached(checked);
  return judge.sources(hostSourcesOf(checked));
}

/** What leads into a container or volume that is there already. */
const reaching = ['container:exec', 'container:attach', 'files:read', 'files:write'];

class Judge {
  readonly #inside: Inside;

  constructor(inside: Inside) {
    this.#inside = inside;
  }

  async sources({ paths, volumes, containers, others }: HostSources): Promise<Excess[]> {
    const found: Excess[] = [];
    for (const { field, name } of paths) if (!(await this.#isAllowed(name))) found.push({ field, key: this.#key });
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
    if (path !== undefined && !(await this.#isAllowed(path)))
      found.push({ field: `${field} device=${Options?.['device'] ?? ''}`, key: this.#key });
    if (isOther && this.#forbidsOthers) found.push({ field, key: this.#othersKey });
    return found;
  }

  async #container({ field, name }: Source): Promise<Excess[]> {
    const found: Excess[] = [];
    for (const { Type, Source = '', Name = '', Destination } of await this.#mountsOf(name)) {
      if (Type === 'bind' && !(await this.#isAllowed(Source))) found.push({ field: `${field} ${Source}`, key: this.#key });
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
