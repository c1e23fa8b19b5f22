import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { canonicalName, type Digest, familiarText, parseReference, type Reference, withDefaultTag } from '@gantry/oci';
import type { EventSink } from '../events/engine-event.ts';
import type { ImageId } from '../ids.ts';
import { publishImage } from './image-events.ts';
import type { ImageStore, StoredImage } from './image-store.ts';
import type { ImageUsers } from './image-usage.ts';
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

/**
 * Removes a name, and the image with its last one, by dockerd's rules (moby daemon/images/image_delete.go): a name goes unless it is the last
 * of an image that a container uses; an id goes if it has one name at most; `force` overrides all but a running container.
 * Fails with `not-found` and `conflict` in dockerd's words.
 */
export async function removeImage(context: RemoveContext, text: string, force: boolean): Promise<RemovedLine[]> {
  const image = resolveImage(context.store, text);
  const removal = new Removal(context, image, force);
  return isIdPrefix(image.record.id, text) ? removal.byId() : removal.byName(text);
}

/** Removes the image with all of its names, for prune: the caller has made sure that nobody uses it. */
export function removeUnused(context: RemoveContext, image: StoredImage): Promise<RemovedLine[]> {
  return new Removal(context, image, true).whole('loud');
}

class Removal {
  readonly #context: RemoveContext;
  readonly #image: StoredImage;
  readonly #id: ImageId;
  readonly #force: boolean;
  readonly #lines: RemovedLine[] = [];

  constructor(context: RemoveContext, image: StoredImage, force: boolean) {
    this.#context = context;
    this.#image = image;
    this.#id = image.record.id;
    this.#force = force;
  }

  async byName(text: string): Promise<RemovedLine[]> {
    const { store } = this.#context;
    const names = store.namesOf(this.#id);
    const user = [...this.#context.users()].find(({ image }) => image === this.#id);
    if (!this.#force && isSingleName(names) && user !== undefined) {
      throw new Failure('conflict', `${messages.imageInUse(text, shortId(user.container))} ${shortId(this.#id)}`);
    }
    const name = withDefaultTag(parseReference(text));
    await this.#untag(name);
    const left = store.namesOf(this.#id);
    if (name.digest === undefined && !left.some((one) => one.digest === undefined && isSameRepository(one, name))) {
      for (const one of left.filter((other) => isSameRepository(other, name))) await this.#untag(one);
    }
    return store.namesOf(this.#id).length > 0 ? this.#lines : this.whole('quiet');
  }

  async byId(): Promise<RemovedLine[]> {
    const names = this.#context.store.namesOf(this.#id);
    if (isSingleName(names)) {
      this.#checkUsers();
      for (const name of names) await this.#untag(name);
    }
    return this.whole('loud');
  }

  /** `quiet`: a name went already, so an image that is still used simply stays. */
  async whole(how: 'quiet' | 'loud'): Promise<RemovedLine[]> {
    const { store, isLayerUsed, events } = this.#context;
    try {
      this.#checkUsers();
      if (!this.#force && store.namesOf(this.#id).length > 0)
        throw new Failure('conflict', messages.imageHasRepositories(shortId(this.#id)));
    } catch (conflict) {
      if (how === 'quiet') return this.#lines;
      throw conflict;
    }
    for (const name of store.namesOf(this.#id)) await this.#untag(name);
    const layers = await store.remove(this.#id, isLayerUsed);
    publishImage(events, { image: this.#image, action: 'delete' });
    this.#lines.push({ Deleted: this.#id }, ...layers.map((layer) => ({ Deleted: layer })));
    return this.#lines;
  }

  #checkUsers(): void {
    const users = [...this.#context.users()].filter(({ image }) => image === this.#id);
    const id = shortId(this.#id);
    const running = users.find(({ isRunning }) => isRunning);
    if (running !== undefined) throw new Failure('conflict', messages.imageUsedByRunning(id, shortId(running.container)));
    const [stopped] = users;
    if (!this.#force && stopped !== undefined) {
      throw new Failure('conflict', messages.imageUsedByStopped(id, shortId(stopped.container)));
    }
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
