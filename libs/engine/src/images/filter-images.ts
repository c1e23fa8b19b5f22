import { Failure } from '@gantry/base';
import { familiarName, familiarText, type Reference } from '@gantry/oci';
import type { StoredImage } from './image-store.ts';
import { globMatches } from './glob.ts';
import { parseMoment } from './moment.ts';

/** Each key with its values, as in the request. */
export type ImageFilters = ReadonlyMap<string, readonly string[]>;

export interface FilterContext {
  readonly filters: ImageFilters;
  readonly find: (reference: string) => StoredImage;
  readonly namesOf: (image: StoredImage) => readonly Reference[];
  /** Whether others were made on top of it. */
  readonly hasChildren: (image: StoredImage) => boolean;
  /** With those that have no name and are only there for others. */
  readonly all: boolean;
}

/** An image that passed, with those of its names that passed. */
export interface FilteredImage {
  readonly image: StoredImage;
  readonly names: readonly Reference[];
}

/** dockerd's filters: `dangling`, `label`, `label!`, `reference`, `before`, `since`, `until`. Fails with `invalid` and `not-found`. */
export function filterImages(images: readonly StoredImage[], context: FilterContext): FilteredImage[] {
  const { filters } = context;
  const first = (key: string): string | undefined => filters.get(key)?.[0];
  const before = first('before');
  const since = first('since');
  const beforeMs = before === undefined ? Infinity : createdMs(context.find(before));
  const sinceMs = since === undefined ? -Infinity : createdMs(context.find(since));
  const untilMs = Math.min(...(filters.get('until') ?? []).map((text) => parseMoment(text)), Infinity);
  const isDangling = danglingOf(filters);
  const patterns = filters.get('reference') ?? [];
  return images.flatMap((image) => {
    const created = createdMs(image);
    if (created >= beforeMs || created <= sinceMs || created > untilMs || !hasLabels(image, filters)) return [];
    const names = context.namesOf(image);
    if (names.length === 0 && (!context.all || isDangling === true) && context.hasChildren(image)) return [];
    if (isDangling !== undefined && isDangling !== !names.some(({ digest }) => digest === undefined)) return [];
    const shown = names.filter((name) => patterns.length === 0 || patterns.some((pattern) => matches(pattern, name)));
    return patterns.length > 0 && shown.length === 0 ? [] : [{ image, names: shown }];
  });
}

/** The filter `dangling`; undefined where it is not set. Fails with `invalid`. */
export function danglingOf(filters: ImageFilters): boolean | undefined {
  const values = filters.get('dangling');
  if (values === undefined || values.length === 0) return undefined;
  const isTrue = values.some((value) => ['1', 'true'].includes(value.toLowerCase()));
  const isFalse = values.some((value) => ['0', 'false'].includes(value.toLowerCase()));
  if (isTrue === isFalse) throw new Failure('invalid', `invalid filter 'dangling=[${values.join(' ')}]'`);
  return isTrue;
}

/** When it was built; 0 where it does not say. */
export function createdMs({ config }: StoredImage): number {
  const created = Date.parse(config.created);
  return Number.isNaN(created) ? 0 : created;
}

export function hasLabels({ config }: StoredImage, filters: ImageFilters): boolean {
  const labels = config.config.Labels ?? {};
  const has = (wish: string): boolean => {
    const equals = wish.indexOf('=');
    const key = equals < 0 ? wish : wish.slice(0, equals);
    return Object.hasOwn(labels, key) && (equals < 0 || labels[key] === wish.slice(equals + 1));
  };
  return (filters.get('label') ?? []).every(has) && !(filters.get('label!') ?? []).some(has);
}

/** As reference.FamiliarMatch: against the whole text, and against the name without its tag. */
function matches(pattern: string, name: Reference): boolean {
  const whole = globMatches(pattern, familiarText(name));
  if (whole === undefined) throw new Failure('invalid', `invalid filter 'reference=[${pattern}]'`);
  return whole || globMatches(pattern, familiarName(name)) === true;
}
