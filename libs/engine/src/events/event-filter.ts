import type { Filters } from '@gantry/engine-api';
import type { EngineEvent } from './engine-event.ts';

/** Actions that carry a command or a status; a filter may name them without it. */
const open = ['health_status', 'exec_create', 'exec_start'];

/**
 * Which events the filters let through, by dockerd's rules: keys with all their values are joined by "and", values of a key by "or" (labels by "and");
 * objects are meant by the beginning of their id or name, images by id or name with or without tag.
 */
export function eventFilter(filters: Filters): (event: EngineEvent) => boolean {
  const any = (key: string, test: (value: string) => boolean): boolean => filters.get(key)?.some(test) ?? true;
  const actions = filters.get('event') ?? [];
  const isOpen = actions.some((action) => open.includes(action));
  return ({ type, action, actorId, attributes }) => {
    const isActor = (value: string): boolean => actorId.startsWith(value) || (attributes['name']?.startsWith(value) ?? false);
    const image = attributes[type === 'image' ? 'name' : 'image'] ?? '';
    return (
      any('type', (value) => value === type) &&
      any('event', (value) => value === action || (isOpen && action.startsWith(value))) &&
      any('scope', (value) => value === 'local') &&
      ['container', 'daemon', 'network', 'plugin', 'volume', 'node', 'service', 'secret', 'config'].every((key) => any(key, isActor)) &&
      any('image', (value) => [actorId, image, withoutTag(actorId), withoutTag(image)].includes(value)) &&
      (filters.get('label') ?? []).every((label) => hasAttribute(attributes, label))
    );
  };
}

/** `host:5000/name:tag` without its tag. */
const withoutTag = (reference: string): string => reference.replace(/:[^:/]*$/, '');

function hasAttribute(attributes: EngineEvent['attributes'], wanted: string): boolean {
  const at = wanted.indexOf('=');
  return at < 0 ? wanted in attributes : attributes[wanted.slice(0, at)] === wanted.slice(at + 1);
}
