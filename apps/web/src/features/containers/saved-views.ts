import { readonly, shallowRef } from 'vue';
import type { LocationQuery } from 'vue-router';

/** A list of containers that somebody wants to come back to: what its address holds. */
export interface SavedView {
  readonly name: string;
  readonly query: Readonly<Record<string, string>>;
}

const storageKey = 'gantry.views';
const fields = ['q', 'state', 'sort', 'hide', 'scope'];
const views = shallowRef<readonly SavedView[]>(read());

/** The views that this browser keeps, by name. */
export const savedViews = readonly(views);

/** What of an address makes a view; empty: the list as it is by default. */
export function viewOf(query: LocationQuery): Record<string, string> {
  return Object.fromEntries(fields.flatMap((field) => (typeof query[field] === 'string' && query[field] ? [[field, query[field]]] : [])));
}

/** The saved view that an address shows. */
export function shownView(query: LocationQuery): SavedView | undefined {
  const wanted = JSON.stringify(viewOf(query));
  return views.value.find((view) => JSON.stringify(viewOf(view.query)) === wanted);
}

/** Keeps a view under a name; one of the same name is replaced. */
export function saveView(view: SavedView): void {
  keep([...views.value.filter(({ name }) => name !== view.name), view].sort((a, b) => a.name.localeCompare(b.name)));
}

export function forgetView(name: string): void {
  keep(views.value.filter((view) => view.name !== name));
}

function keep(next: readonly SavedView[]): void {
  views.value = next;
  localStorage.setItem(storageKey, JSON.stringify(next));
}

/** What somebody else wrote there is no view. */
function read(): readonly SavedView[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '[]');
    return Array.isArray(found) ? found.filter(isView) : [];
  } catch {
    return [];
  }
}

function isView(value: unknown): value is SavedView {
  if (typeof value !== 'object' || value === null || !('name' in value) || !('query' in value)) return false;
  const { name, query } = value;
  return (
    typeof name === 'string' &&
    typeof query === 'object' &&
    query !== null &&
    Object.values(query).every((word) => typeof word === 'string')
  );
}
