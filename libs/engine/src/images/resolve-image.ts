import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { familiarText, parseAnyReference, withDefaultTag } from '@gantry/oci';
import type { ImageId } from '../ids.ts';
import type { ImageStore, StoredImage } from './image-store.ts';

/**
 * Finds an image by id, name, digest or the beginning of an id, in Docker's order. Fails with `not-found` (`No such image: x:latest`) and with
 * `invalid` for what is no name.
 */
export function resolveImage(store: ImageStore, text: string): StoredImage {
  const parsed = parseAnyReference(text);
  if (parsed.kind === 'id') {
    const found = store.get(parsed.id as string as ImageId) ?? byManifest(store, parsed.id);
    if (found !== undefined) return found;
    throw new Failure('not-found', messages.noSuchImage(text));
  }
  const named = store.named(withDefaultTag(parsed.name));
  const image = named === undefined ? byPrefix(store, text) : store.get(named);
  if (image !== undefined) return image;
  throw new Failure('not-found', messages.noSuchImage(familiarText(withDefaultTag(parsed.name))));
}

function byManifest(store: ImageStore, digest: string): StoredImage | undefined {
  return store.all().find(({ record }) => record.manifest?.digest === digest);
}

/** Only where exactly one image begins so. */
function byPrefix(store: ImageStore, text: string): StoredImage | undefined {
  const hex = text.startsWith('sha256:') ? text.slice('sha256:'.length) : text;
  if (!/^[0-9a-f]{1,64}$/.test(hex)) return undefined;
  const found = store.all().filter(({ record }) => record.id.startsWith(`sha256:${hex}`));
  return found.length === 1 ? found[0] : undefined;
}
