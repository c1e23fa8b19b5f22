import type { Reference, Route } from '@gantry/engine-api';

/** An identifier for each kind of object. */
export type Names = Readonly<Record<'container' | 'exec' | 'network' | 'volume' | 'image', string>>;

export interface Request {
  readonly line: string;
  readonly body: unknown;
}

/** The references of the row that a name can be put into. */
export function swappable(route: Route): readonly Reference[] {
  return route.refs.filter(({ object }) => object !== 'plugin' && object !== 'swarm-object');
}

/** A request of the row about the objects of `own`, in which one reference names something else. */
export function requestWith(route: Route, own: Names, swap?: { readonly reference: Reference; readonly name: string }): Request {
  const subjects = swappable(route).filter(({ needs, in: place }) => needs === undefined && place !== 'filter');
  const named = [
    ...subjects.filter((one) => !isSame(one, swap?.reference)).map((reference) => ({ reference, name: nameFor(reference, own) })),
    ...(swap ? [swap] : []),
  ];
  const body: Record<string, unknown> = route.creates === 'container' ? { Image: own.image, HostConfig: { NetworkMode: own.network } } : {};
  const query = new URLSearchParams(route.name === 'SystemEvents' ? { since: '0', until: '1' } : {});
  let { path } = route;
  for (const { reference, name } of named) {
    const { in: place, at } = reference;
    if (place === 'path') path = path.replace(/\{\w+\*?\}/, encodeURIComponent(name).replaceAll('%3A', ':'));
    if (place === 'query') query.set(at, textFor(reference, name));
    if (place === 'filter') query.set('filters', JSON.stringify({ [at]: [name] }));
    if (place === 'body') put(body, at, { reference, name });
  }
  const hasBody = route.body !== undefined && route.kind !== 'upload';
  return { line: `${route.method} ${path}${query.size === 0 ? '' : `?${query.toString()}`}`, body: hasBody ? body : undefined };
}

/** A row asks for several permissions at one place by several references. */
function isSame(one: Reference, other: Reference | undefined): boolean {
  return one === other || (one.in === 'path' && other?.in === 'path');
}

function nameFor({ object }: Reference, own: Names): string {
  return object === 'plugin' || object === 'swarm-object' ? 'x' : own[object];
}

function textFor({ form }: Reference, name: string): string {
  switch (form) {
    case 'container-mode':
      return `container:${name}`;
    case 'name-and-mode':
      return `${name}:ro`;
    case 'name-and-alias':
      return `${name}:alias`;
    case 'bind':
      return `${name}:/mnt`;
    case 'whole':
    case 'mount':
    case 'network-mode':
      return name;
  }
}

function put(holder: Record<string, unknown>, at: string, what: { reference: Reference; name: string }): void {
  const { reference, name } = what;
  const [, field = '', kind = '', rest] = /^(\w+)(\[\]|\{\})?(?:\.(.+))?$/.exec(at) ?? [];
  const inner = (holder[field] ?? {}) as Record<string, unknown>;
  const text = textFor(reference, name);
  if (kind === '[]') holder[field] = [reference.form === 'mount' ? { Type: reference.object, Source: name, Target: '/mnt' } : text];
  else if (kind === '{}' && rest === undefined) holder[field] = { [text]: {} };
  else if (rest === undefined) holder[field] = text;
  else if (kind === '{}') {
    const value = {};
    put(value, rest, what);
    holder[field] = { none: value };
  } else {
    put(inner, rest, what);
    holder[field] = inner;
  }
}
