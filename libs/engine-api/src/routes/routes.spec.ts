import { expressionOf, matchRoute } from './match-route.ts';
import { routePermissions } from './permission.ts';
import type { RouteFields } from './route.ts';
import { type Route, routes } from './routes.ts';

const fields: readonly (keyof RouteFields)[] = [
  'method',
  'path',
  'kind',
  'permission',
  'inScope',
  'creates',
  'refs',
  'query',
  'filters',
  'body',
  'responseHeaders',
  'requestHeaders',
  'lists',
  'effect',
  'onDisconnect',
  'audited',
  'sinceApi',
  'untilApi',
  'isUnversioned',
  'refusal',
];

const example = (route: Route): string => route.path.replaceAll(/\{(\w+)\*?\}/g, 'an-$1');
const parametersOf = (path: string): string[] => [...path.matchAll(/\{(\w+)\*?\}/g)].map(([, name]) => name ?? '');
const named = routes.map((route) => [route.name, route] as const);

test.each(named)('%s has every field', (_name, route) => {
  expect(fields.filter((field) => !(field in route))).toEqual([]);
  expect(routePermissions).toContain(route.permission);
});

test.each(named)('%s is found by its path, and no other row is', (name, route) => {
  const matching = routes.filter((other) => other.method === route.method && expressionOf(other.path).test(example(route)));

  expect(matching.map((other) => other.name)).toEqual([name]);
  expect(matchRoute(route.method, `${example(route)}?x=y`)).toMatchObject({ route: { name }, version: undefined, query: 'x=y' });
});

test.each(named)('%s names what it refers to by parameters that it has', (_name, route) => {
  for (const { in: where, at } of route.refs) {
    if (where === 'path') expect(parametersOf(route.path)).toContain(at);
    if (where === 'query') expect(Object.keys(route.query)).toContain(at);
    if (where === 'filter') expect(route.filters).toContain(at);
    if (where === 'body') expect(route.body).toBeDefined();
  }
});

test.each(named)('%s knows filter keys exactly when it takes filters', (_name, route) => {
  expect(route.filters.length > 0).toBe('filters' in route.query);
});

test.each(named.filter(([, route]) => route.effect !== 'none'))('%s changes something and so does not pass as a read', (_name, route) => {
  expect(['POST', 'PUT', 'DELETE', 'GET']).toContain(route.method);
  expect(route.permission).not.toMatch(/:(list|view|inspect|info)$/);
});

test.each(named.filter(([, route]) => route.refusal))('%s says why it is refused', (_name, route) => {
  expect(route.refusal?.reason).not.toBe('');
  expect(route.refusal?.value !== undefined || route.refusal?.message !== '').toBe(true);
});

test('every object in a path is a reference, the members of a swarm and shells on the host itself apart', () => {
  const silent = routes.filter((route) => parametersOf(route.path).length > 0 && !route.refs.some((reference) => reference.in === 'path'));

  expect(
    silent
      .filter((route) => !/^\/(nodes|services|tasks|secrets|configs|distribution|gantry\/host)\//.test(route.path))
      .map((route) => route.name),
  ).toEqual(['VolumeUpdate']);
});

test('a versioned path of ours is no page', () => {
  expect(matchRoute('GET', '/gantry/capabilities')?.route.name).toBe('GantryCapabilities');
  expect(matchRoute('GET', '/v1.51/gantry/capabilities')).toBeUndefined();
});
