import { decide, type Resource, type Rights } from './decide.ts';
import type { Permission } from './permissions.ts';

/** What a person can do with a container from its row. The order is the order of the bits in `FleetRow.can`: only ever append. */
export const containerVerbs = {
  start: 'container:start',
  stop: 'container:stop',
  restart: 'container:restart',
  kill: 'container:kill',
  pause: 'container:pause',
  remove: 'container:remove',
  rename: 'container:rename',
  edit: 'container:edit',
  logs: 'container:logs',
  exec: 'container:exec',
  attach: 'container:attach',
  inspect: 'container:inspect',
  stats: 'container:stats',
  top: 'container:top',
  diff: 'container:diff',
  commit: 'container:commit',
  readFiles: 'files:read',
  writeFiles: 'files:write',
  revealEnv: 'env:reveal',
} as const satisfies Readonly<Record<string, Permission>>;

export type ContainerVerb = keyof typeof containerVerbs;

const bits = new Map(Object.keys(containerVerbs).map((verb, bit) => [verb as ContainerVerb, 1 << bit]));

/** The bit mask of the verbs that the rights allow on a container. */
export function canMask(rights: Rights, container: Resource): number {
  let mask = 0;
  for (const [verb, bit] of bits) if (decide(rights, containerVerbs[verb], container)) mask |= bit;
  return mask;
}

/** Whether the verb is in the mask of a fleet row. */
export function can(mask: number, verb: ContainerVerb): boolean {
  return (mask & (bits.get(verb) ?? 0)) !== 0;
}
