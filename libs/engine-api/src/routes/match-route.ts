import { unescapePath } from '../go-query.ts';
import { type Route, routes } from './routes.ts';

export interface Match {
  readonly route: Route;
  /** The version in the path, as sent; undefined where there is none. */
  readonly version: string | undefined;
  /** The path's parameters, decoded once. */
  readonly path: Readonly<Record<string, string>>;
  /** What follows the `?`, as sent. */
  readonly query: string;
}

interface Pattern {
  readonly route: Route;
  readonly expression: RegExp;
}

/** By method and first part of the path, which is a word in every row. */
const patterns: ReadonlyMap<string, readonly Pattern[]> = Map.groupBy(
  routes.map((route) => ({ route, expression: expressionOf(route.path) })),
  ({ route }) => keyOf(route.method, route.path),
);

/** Finds the row of a request; undefined: no such page. Fails with `invalid` where an escape in the path is broken. */
export function matchRoute(method: string, target: string): Match | undefined {
  const cut = target.indexOf('?');
  const whole = cut < 0 ? target : target.slice(0, cut);
  const query = cut < 0 ? '' : target.slice(cut + 1);
  const versioned = /^\/v([0-9.]+)(\/.*)$/.exec(whole);
  const [version, path] = versioned ? [versioned[1], versioned[2] ?? ''] : [undefined, whole];
  const decoded = unescapePath(path);
  for (const { route, expression } of patterns.get(keyOf(method, decoded)) ?? []) {
    const found = expression.exec(decoded);
    if (found && !(route.isUnversioned && version !== undefined)) return { route, version, path: found.groups ?? {}, query };
  }
  return undefined;
}

function keyOf(method: string, path: string): string {
  const end = path.indexOf('/', 1);
  return `${method} ${end < 0 ? path : path.slice(0, end)}`;
}

/** `/a/{id}/b` and `/a/{name*}/b`. As in dockerd, a parameter is not empty. */
export function expressionOf(path: string): RegExp {
  const source = path
    .replaceAll('.', String.raw`\.`)
    .replace(/\{(\w+)(\*?)\}/g, (_all, name: string, star: string) => `(?<${name}>${star ? '.+' : '[^/]+'})`);
  return new RegExp(`^${source}$`, 's');
}
