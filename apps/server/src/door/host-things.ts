import type { Permission } from '@gantry/access';
import { Failure } from '@gantry/base';
import { type Engine, type EngineClient, engineClient, messages } from '@gantry/engine-api';
import { familiarReference, isImageId } from './image-names.ts';
import type { KnownThings } from './known-things.ts';
import type { PulledImages } from './pulled-images.ts';
import type { Sight } from './sight.ts';
import type { Thing } from './thing.ts';
import {
  containerOf,
  type ContainerItem,
  imageOf,
  type ImageItem,
  networkOf,
  type NetworkItem,
  volumeOf,
  type VolumeItem,
} from './told-things.ts';

const fullId = /^[0-9a-f]{64}$/;
const hexDigits = /^[0-9a-f]{1,64}$/;
const containerName = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** What the door remembers beside what the engine tells. */
export interface Remembered {
  readonly known: KnownThings;
  readonly pulled: PulledImages;
}

export interface Look {
  readonly engine: Engine;
  readonly sight: Sight;
  readonly userId: string;
  readonly remembered: Remembered;
  readonly signal: AbortSignal;
}

/** The images that somebody may use who may not see all of a host. */
export interface SeenImages {
  readonly ids: ReadonlySet<string>;
  /** As Docker shows them. */
  readonly references: ReadonlySet<string>;
}

/**
 * The objects of one host as one caller sees them, asked of the engine itself: it knows what happened a moment ago. What the caller does not see is
 * never found, so that a foreign name and a missing one answer alike, and a prefix is unique or not among what they see.
 */
export class HostThings {
  readonly #look: Look;
  readonly #client: EngineClient;
  #containers: Promise<readonly ContainerItem[]> | undefined;
  #networks: Promise<readonly NetworkItem[]> | undefined;
  #images: Promise<SeenImages> | undefined;

  constructor(look: Look) {
    this.#look = look;
    this.#client = engineClient(look.engine, { caller: { kind: 'gantry', part: 'guard' } });
  }

  get sight(): Sight {
    return this.#look.sight;
  }

  /** `not-found` in dockerd's words, whether it is not there or not seen; `invalid` where a prefix fits several. */
  async container(name: string, needs?: Permission): Promise<Thing> {
    const { sight, remembered } = this.#look;
    const missing = new Failure('not-found', messages.noSuchContainer(name));
    if (!containerName.test(name)) throw missing;
    const asked = name.replace(/^\//, '');
    const known = fullId.test(asked) ? remembered.known.find(sight.host.id, { kind: 'container', id: asked }) : undefined;
    const told = known ? [known] : (await this.#containersLike(asked)).map((item) => this.#noted(containerOf(item)));
    return choose(
      told.filter((one) => sight.sees(one, needs)),
      asked,
      { missing, several: messages.ambiguousPrefix(name) },
    );
  }

  async network(name: string, needs?: Permission): Promise<Thing> {
    const { sight } = this.#look;
    const told = (await this.#allNetworks()).map((item) => this.#noted(networkOf(item)));
    return choose(
      told.filter((one) => sight.sees(one, needs)),
      name === 'default' ? 'bridge' : name,
      {
        missing: new Failure('not-found', messages.noSuchNetwork(name)),
        several: `network ${name} is ambiguous`,
      },
    );
  }

  async volume(name: string, needs?: Permission): Promise<Thing> {
    const volume = await this.findVolume(name);
    if (!volume || !this.#look.sight.sees(volume, needs)) throw new Failure('not-found', messages.noSuchVolume(name));
    return volume;
  }

  /** Whether seen or not: for a name that is to be given to a new one. */
  async findVolume(name: string): Promise<Thing | undefined> {
    const item = await this.#ask(() => this.#client.call('VolumeInspect', { path: { name } }, this.#look.signal));
    return item && this.#noted(volumeOf(await item.json<VolumeItem>()));
  }

  async image(name: string): Promise<Thing> {
    const { sight, signal } = this.#look;
    const missing = new Failure('not-found', messages.noSuchImage(familiarReference(name)));
    const answer = await this.#ask(() => this.#client.call('ImageInspect', { path: { name } }, signal), !sight.seesImages);
    if (!answer) throw missing;
    const image = imageOf(await answer.json<ImageItem>());
    if (sight.seesImages) return { ...image, name };
    const { ids, references } = await this.seenImages();
    const isSeen =
      ids.has(image.id) && (isImageId(name) || image.id.startsWith(`sha256:${name}`) || references.has(familiarReference(name)));
    if (!isSeen) throw missing;
    return { ...image, name };
  }

  /** The container of an exec: of the owner's note where there is one, else as the engine tells. */
  async ofExec(id: string, { owner, needs }: { owner: string | undefined; needs: Permission | undefined }): Promise<Thing> {
    const missing = new Failure('not-found', messages.noSuchExec(id));
    const container = owner ?? (await this.#containerOfExec(id));
    if (container === undefined) throw missing;
    return this.container(container, needs).catch(() => Promise.reject(missing));
  }

  /** All containers that the caller sees, stopped ones too. */
  async seenContainers(): Promise<readonly ContainerItem[]> {
    return (await this.#allContainers()).filter((item) => this.#look.sight.sees(containerOf(item)));
  }

  async seenNetworks(): Promise<readonly NetworkItem[]> {
    return (await this.#allNetworks()).filter((item) => this.#look.sight.sees(networkOf(item)));
  }

  /** Those that containers use which the caller sees, and those that a registry gave them. */
  seenImages(): Promise<SeenImages> {
    this.#images ??= this.#findSeenImages();
    return this.#images;
  }

  /** Names and ids of what is on the host and not seen: none of them may stand in an answer. */
  async unseen(): Promise<readonly string[]> {
    const { sight } = this.#look;
    const all = [
      ...(await this.#allContainers()).map(containerOf),
      ...(await this.#allNetworks()).map(networkOf),
      ...(await this.#allVolumes()).map(volumeOf),
    ];
    return all
      .filter((one) => !sight.sees(one))
      .flatMap(({ kind, id, name }) => [id, name, ...(kind === 'volume' ? [] : [id.slice(0, 12)])]);
  }

  /** Remembers all that is there now, so that the events of its end can be decided. */
  async noteAll(): Promise<void> {
    for (const item of await this.#allContainers()) this.#noted(containerOf(item));
    for (const item of await this.#allNetworks()) this.#noted(networkOf(item));
    for (const item of await this.#allVolumes()) this.#noted(volumeOf(item));
  }

  /** Asks about an object that an event tells of; undefined: it is gone already. */
  async ofEvent(kind: Thing['kind'], id: string): Promise<Thing | undefined> {
    if (kind === 'volume') return this.findVolume(id);
    if (kind === 'container') {
      const [item] = (await this.#containersLike(id)).filter(({ Id }) => Id === id);
      return item && this.#noted(containerOf(item));
    }
    if (kind !== 'network') return undefined;
    this.#networks = undefined;
    const item = (await this.#allNetworks()).find(({ Id }) => Id === id);
    return item && this.#noted(networkOf(item));
  }

  /** The digest that a reference stands for now, for what has just been pulled. */
  async imageId(reference: string): Promise<string | undefined> {
    const answer = await this.#ask(() => this.#client.call('ImageInspect', { path: { name: reference } }, this.#look.signal), true);
    return answer && imageOf(await answer.json<ImageItem>()).id;
  }

  async #containerOfExec(id: string): Promise<string | undefined> {
    const answer = await this.#ask(() => this.#client.call('ExecInspect', { path: { id } }, this.#look.signal), true);
    return answer && (await answer.json<{ ContainerID?: string }>()).ContainerID;
  }

  async #containersLike(name: string): Promise<readonly ContainerItem[]> {
    // What the engine sends is compared again: the filters only keep the answer small.
    const questions = [{ name: [`^${name.replaceAll('.', String.raw`\.`)}$`] }, ...(hexDigits.test(name) ? [{ id: [name] }] : [])];
    const answers = await Promise.all(questions.map((filters) => this.#listContainers(filters)));
    return [...new Map(answers.flat().map((item) => [item.Id, item])).values()];
  }

  async #listContainers(filters: Readonly<Record<string, readonly string[]>>): Promise<readonly ContainerItem[]> {
    const answer = await this.#client.call('ContainerList', { query: { all: true, filters } }, this.#look.signal);
    return answer.json<readonly ContainerItem[]>();
  }

  #allContainers(): Promise<readonly ContainerItem[]> {
    this.#containers ??= this.#listContainers({});
    return this.#containers;
  }

  #allNetworks(): Promise<readonly NetworkItem[]> {
    this.#networks ??= this.#client.call('NetworkList', {}, this.#look.signal).then((answer) => answer.json<readonly NetworkItem[]>());
    return this.#networks;
  }

  async #allVolumes(): Promise<readonly VolumeItem[]> {
    const answer = await this.#client.call('VolumeList', {}, this.#look.signal);
    return (await answer.json<{ Volumes?: readonly VolumeItem[] | null }>()).Volumes ?? [];
  }

  async #findSeenImages(): Promise<SeenImages> {
    const { sight, userId, remembered } = this.#look;
    const containers = await this.seenContainers();
    const pulled = remembered.pulled.of(sight.host.id, userId);
    const references = [...containers.map(({ Image }) => Image), ...pulled.map(({ reference }) => reference)];
    return {
      ids: new Set([...containers.map(({ ImageID }) => ImageID), ...pulled.map(({ id }) => id)].filter((id) => id !== undefined)),
      references: new Set(references.filter((one) => one !== undefined).map(familiarReference)),
    };
  }

  /** Undefined where the engine says that it is not there; with `anyRefusal` also where it refuses for another reason, which may tell of others. */
  async #ask<Answer>(ask: () => Promise<Answer>, anyRefusal = false): Promise<Answer | undefined> {
    try {
      return await ask();
    } catch (thrown) {
      const { code } = Failure.from(thrown);
      if (code === 'not-found' || (anyRefusal && (code === 'invalid' || code === 'conflict'))) return undefined;
      throw thrown;
    }
  }

  #noted(thing: Thing): Thing {
    this.#look.remembered.known.note(this.#look.sight.host.id, thing);
    return thing;
  }
}

/** Full id before name before the beginning of an id, which must be that of one only. */
function choose(things: readonly Thing[], asked: string, { missing, several }: { missing: Failure; several: string }): Thing {
  const [byId] = things.filter(({ id }) => id === asked);
  if (byId) return byId;
  const named = things.filter(({ name }) => name === asked);
  const found = named.length > 0 || !hexDigits.test(asked) ? named : things.filter(({ id }) => id.startsWith(asked));
  const [one, other] = found;
  if (other) throw new Failure('invalid', several);
  if (!one) throw missing;
  return one;
}
