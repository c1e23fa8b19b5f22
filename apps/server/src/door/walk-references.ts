import type { Reference } from '@gantry/engine-api';

/** What stands in for the name that a reference holds; undefined leaves the text as it is. */
export type Replace = (name: string) => Promise<string | undefined>;

interface Parts {
  readonly before: string;
  readonly name: string;
  readonly after: string;
}

const noNetwork = /^(|none|host|container:.*|ns:.*)$/s;

/** The name inside a text; undefined where the text names no object of that kind. */
function split(text: string, { object, form }: Pick<Reference, 'object' | 'form'>): Parts | undefined {
  switch (form) {
    case 'whole':
      return text === '' ? undefined : { before: '', name: text, after: '' };
    case 'network-mode':
      return noNetwork.test(text) ? undefined : { before: '', name: text, after: '' };
    case 'container-mode':
      return text.startsWith('container:') ? { before: 'container:', name: text.slice('container:'.length), after: '' } : undefined;
    case 'name-and-mode':
    case 'name-and-alias':
    case 'bind': {
      const cut = text.indexOf(':');
      const [name, after] = cut < 0 ? [text, ''] : [text.slice(0, cut), text.slice(cut)];
      // A bind without a target is a path inside, one whose source is a path is no volume.
      const isNone = name === '' || (form === 'bind' && (after === '' || /^[/\\.~]/.test(name) || object !== 'volume'));
      return isNone ? undefined : { before: '', name, after };
    }
    case 'mount':
      return text === '' ? undefined : { before: '', name: text, after: '' };
  }
}

/** Replaces the name in one text. */
export async function replaceIn(text: string, reference: Pick<Reference, 'object' | 'form'>, replace: Replace): Promise<string> {
  const parts = split(text, reference);
  const put = parts && (await replace(parts.name));
  return parts && put !== undefined ? `${parts.before}${put}${parts.after}` : text;
}

/**
 * Replaces every name in a body, in place. The dotted way: `A.B` a field, `A[]` each element, `A{}` each key, `A{}.B` a field of each value. A
 * mount is an element whose `Source` names a volume or an image by its `Type`.
 */
export async function replaceAt(value: unknown, reference: Reference, replace: Replace): Promise<void> {
  const [, name = '', kind = '', rest] = /^(\w+)(\[\]|\{\})?(?:\.(.+))?$/.exec(reference.at) ?? [];
  if (typeof value !== 'object' || value === null) return;
  const holder = value as Record<string, unknown>;
  const inner = holder[name];
  if (kind === '[]') return replaceElements(inner, { ...reference, at: rest ?? '' }, replace);
  if (kind === '{}') return replaceKeys(holder, name, { reference: { ...reference, at: rest ?? '' }, replace });
  if (rest !== undefined) return replaceAt(inner, { ...reference, at: rest }, replace);
  if (typeof inner === 'string') holder[name] = await replaceIn(inner, reference, replace);
}

async function replaceElements(items: unknown, reference: Reference, replace: Replace): Promise<void> {
  if (!Array.isArray(items)) return;
  for (const [index, item] of items.entries()) {
    if (reference.at !== '') await replaceAt(item, reference, replace);
    else if (typeof item === 'string') items[index] = await replaceIn(item, reference, replace);
    else if (reference.form === 'mount') await replaceSource(item as Mount, reference, replace);
  }
}

interface Mount {
  readonly Type?: string;
  Source?: string;
}

async function replaceSource(mount: Mount, reference: Reference, replace: Replace): Promise<void> {
  if (mount.Type === reference.object && mount.Source !== undefined) mount.Source = await replaceIn(mount.Source, reference, replace);
}

async function replaceKeys(
  holder: Record<string, unknown>,
  name: string,
  { reference, replace }: { reference: Reference; replace: Replace },
): Promise<void> {
  const inner = holder[name];
  if (typeof inner !== 'object' || inner === null) return;
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(inner)) {
    if (reference.at !== '') await replaceAt(item, reference, replace);
    entries.push([reference.at === '' ? await replaceIn(key, reference, replace) : key, item]);
  }
  holder[name] = Object.fromEntries(entries);
}
