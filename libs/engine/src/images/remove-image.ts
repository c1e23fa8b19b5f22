import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import {
  canonicalName,
  canonicalText,
  type Digest,
  familiarText,
  hexOf,
  parseReference,
  type Reference,
  withDefaultTag,
} from '@gantry/oci';
import type { EventSink } from '../events/engine-event.ts';
import type { ImageId } from '../ids.ts';
import { chainIds } from './chain-ids.ts';
import { publishImage } from './image-events.ts';
import type { ImageStore, StoredImage } from './image-store.ts';
import type { ImageUser, ImageUsers } from './image-usage.ts';
import { shortId } from './progress.ts';
import { resolveImage } from './resolve-image.ts';

/** One line of the answer: a name that went, or an image or layer that went. */
export type RemovedLine = { readonly Untagged: string } | { readonly Deleted: string };

export interface RemoveContext {
  readonly store: ImageStore;
  readonly users: ImageUsers;
  readonly events: EventSink;
  readonly isLayerUsed: (diffId: Digest) => boolean;
}

export interface RemoveOptions {
  readonly force: boolean;
  /** Docker's `noprune`. */
  readonly keepsParents: boolean;
}

/**
 * Removes a name, and the image with its last one, by dockerd's rules (moby daemon/images/image_delete.go): a name goes unless it is the last
 * of an image that a container uses; an id goes if it has one name at most; `force` overrides all but a running container and images made on top. Images
 * below that nobody names or uses go too, unless `keepsParents`. Fails with `not-found` and `conflict` in dockerd's words.
 */
export async function removeImage(context: RemoveContext, text: string, options: RemoveOptions): Promise<RemovedLine[]> {
  const image = resolveImage(context.store, text);
  const removal = new Removal(context, image, options);
  return isIdPrefix(image.record.id, text) ? await removal.byId() : await removal.byName(text);
}

/** Removes an image that nobody uses, name by name, for prune: what is in use by now stays. */
export async function removeUnused(context: RemoveContext, image: StoredImage): Promise<RemovedLine[]> {
  const names = context.store.namesOf(image.record.id).map(canonicalOf);
  const lines: RemovedLine[] = [];
  for (const name of names.length > 0 ? names : [hexOf(image.record.id as string as Digest)]) {
    try {
      lines.push(...(await removeImage(context, name, { force: false, keepsParents: false })));
    } catch (thrown) {
      const { code } = Failure.from(thrown);
      if (code !== 'conflict' && code !== 'not-found') throw thrown;
    }
  }
  return lines;
}

const canonicalOf = (name: Reference): string =>
  name.digest === undefined ? canonicalText(name) : `${canonicalName(name)}@${name.digest}`;

class Removal {
  readonly #context: RemoveContext;
  readonly #image: StoredImage;
  readonly #id: ImageId;
  readonly #options: RemoveOptions;
  readonly #lines: RemovedLine[] = [];

  constructor(context: RemoveContext, image: StoredImage, options: RemoveOptions) {
    this.#context = context;
    this.#image = image;
    this.#id = image.record.id;
    this.#options = options;
  }

  async byName(text: string): Promise<RemovedLine[]> {
    const { store } = this.#context;
    const names = store.namesOf(this.#id);
    const [user] = this.#users();
    if (!this.#options.force && isSingleName(names) && user !== undefined) {
      throw new Failure('conflict', `${messages.imageInUse(text, shortId(user.container))} ${shortId(this.#id)}`);
    }
    const name = withDefaultTag(parseReference(text));
    await this.#untag(name);
    const left = store.namesOf(this.#id);
    if (name.digest === undefined && !left.some((one) => one.digest === undefined && isSameRepository(one, name))) {
      for (const one of left.filter((other) => isSameRepository(other, name))) await this.#untag(one);
    }
    return store.namesOf(this.#id).length > 0 ? this.#lines : await this.#whole('quiet');
  }

  async byId(): Promise<RemovedLine[]> {
    const names = this.#context.store.namesOf(this.#id);
    if (isSingleName(names)) {
      const conflict = this.#conflict('names may go');
      if (conflict !== undefined) throw new Failure('conflict', conflict.message);
      for (const name of names) await this.#untag(name);
    }
    return await this.#whole('loud');
  }

  /** `quiet`: a name went already, or it is only an image below: one that is still used simply stays. */
  async #whole(how: 'quiet' | 'loud'): Promise<RemovedLine[]> {
    const { store, isLayerUsed, events } = this.#context;
    const conflict = this.#conflict('names stay');
    const isDangling = store.namesOf(this.#id).length === 0 && store.childrenOf(this.#id).length === 0;
    if (conflict !== undefined) {
      if (how === 'quiet' && (!isDangling || conflict.isUsed)) return this.#lines;
      throw new Failure('conflict', conflict.message);
    }
    const parent = store.parentOf(this.#image);
    for (const name of store.namesOf(this.#id)) await this.#untag(name);
    const chains = chainIds(this.#image.record);
    const layers = await store.remove(this.#id, isLayerUsed);
    publishImage(events, { image: this.#image, action: 'delete' });
    this.#lines.push({ Deleted: this.#id }, ...layers.map((layer) => ({ Deleted: chains.get(layer) ?? layer })));
    if (parent === undefined || this.#options.keepsParents) return this.#lines;
    const below = new Removal(this.#context, parent, { force: false, keepsParents: false });
    return [...this.#lines, ...(await below.#whole('quiet'))];
  }

  /** What stands against the removal: `force` overrides names and stopped containers. */
  #conflict(how: 'names stay' | 'names may go'): { readonly message: string; readonly isUsed: boolean } | undefined {
    const { store } = this.#context;
    const id = shortId(this.#id);
    if (store.childrenOf(this.#id).length > 0) return { message: messages.imageHasChildren(id), isUsed: false };
    const users = this.#users();
    const running = users.find(({ isRunning }) => isRunning);
    if (running !== undefined) return { message: messages.imageUsedByRunning(id, shortId(running.container)), isUsed: true };
    if (this.#options.force) return undefined;
    if (how === 'names stay' && store.namesOf(this.#id).length > 0) return { message: messages.imageHasRepositories(id), isUsed: false };
    const [stopped] = users;
    return stopped && { message: messages.imageUsedByStopped(id, shortId(stopped.container)), isUsed: true };
  }

  #users(): ImageUser[] {
    return [...this.#context.users()].filter(({ image }) => image === this.#id);
  }

  async #untag(name: Reference): Promise<void> {
    if (!(await this.#context.store.removeName(name))) return;
    this.#lines.push({ Untagged: familiarText(name) });
    publishImage(this.#context.events, { image: this.#image, action: 'untag' });
  }
}

function isIdPrefix(id: ImageId, text: string): boolean {
  return id.startsWith(text) || id.startsWith(`sha256:${text}`);
}

function isSameRepository(one: Reference, other: Reference): boolean {
  return canonicalName(one) === canonicalName(other);
}

/** At most one tag, and digests of the same repository only. */
function isSingleName(names: readonly Reference[]): boolean {
  if (names.length <= 1) return true;
  const tags = names.filter(({ digest }) => digest === undefined);
  const first = tags[0] ?? names[0];
  return tags.length <= 1 && first !== undefined && names.every((name) => isSameRepository(name, first));
}
