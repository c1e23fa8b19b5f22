import type { ImageStore, StoredImage } from './image-store.ts';

/** Bytes of those layers of an image that other images have too. */
export function sharedSizes(store: ImageStore): (image: StoredImage) => number {
  const users = new Map<string, number>();
  const layersOf = ({ record }: StoredImage) => [...new Set(record.layers.map(({ diffId }) => diffId))];
  for (const diffId of store.all().flatMap(layersOf)) users.set(diffId, (users.get(diffId) ?? 0) + 1);
  return (image) =>
    layersOf(image)
      .filter((diffId) => (users.get(diffId) ?? 0) > 1)
      .reduce((total, diffId) => total + (store.layers.get(diffId)?.contentBytes ?? 0), 0);
}
