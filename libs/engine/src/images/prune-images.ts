import { chainIds } from './chain-ids.ts';
import { createdMs, danglingOf, hasLabels, type ImageFilters } from './filter-images.ts';
import { untilMoment } from './moment.ts';
import type { Images } from './open-images.ts';
import type { RemovedLine } from './remove-image.ts';

/**
 * Removes images that no container uses: those without a tag, or with `dangling=false` all of them. A container that is created meanwhile
 * keeps its image. Cancelling stops between two images.
 */
export async function pruneImages(
  images: Images,
  filters: ImageFilters,
  signal: AbortSignal,
): Promise<{ readonly removed: RemovedLine[]; readonly spaceReclaimed: number }> {
  const onlyDangling = danglingOf(filters) ?? true;
  const untilMs = untilMoment(filters.get('until'));
  const removed: RemovedLine[] = [];
  let spaceReclaimed = 0;
  const sizes = layerSizes(images);
  for (const image of images.store.all()) {
    if (signal.aborted) break;
    // One that is only there for others goes with the last of them.
    if (images.store.namesOf(image.record.id).length === 0 && images.store.childrenOf(image.record.id).length > 0) continue;
    if ([...images.users()].some((user) => user.image === image.record.id)) continue;
    if (createdMs(image) > untilMs || !hasLabels(image, filters)) continue;
    if (onlyDangling && images.namesOf(image).tags.length > 0) continue;
    const lines = await images.removeUnused(image);
    for (const line of lines) spaceReclaimed += 'Deleted' in line ? (sizes.get(line.Deleted) ?? 0) : 0;
    removed.push(...lines);
  }
  images.publishPrune(spaceReclaimed);
  return { removed, spaceReclaimed };
}

/** Bytes of each layer, by the name that the answer gives it. */
function layerSizes({ store }: Images): Map<string, number> {
  const layers = store.all().flatMap(({ record }) => [...chainIds(record)]);
  return new Map(layers.map(([diffId, chain]) => [chain, store.layers.get(diffId)?.contentBytes ?? 0]));
}
