import { createHash } from 'node:crypto';
import { type Grant, isLive, type Rights } from '@gantry/access';

/** Everybody whose rights come to the same: they get the same messages, made once. */
export interface Audience {
  readonly room: string;
  /** As they were when the audience was formed. */
  readonly rights: Rights;
  /** What the rights allow on rows, by key, as far as somebody asked; undefined for a row that they do not show. */
  readonly masks: Map<number, number | undefined>;
}

export function audienceOf({ grants, within }: Rights, now = new Date()): Audience {
  const rights = { grants: lasting(grants, now), ...(within ? { within: lasting(within, now) } : {}) };
  const parts = [rights.grants, rights.within].map((some) => some && [...new Set(some.map(textOf))].sort());
  const room = `audience:${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}`;
  return { room, rights, masks: new Map() };
}

/** Whether who sees what may change with the groups or labels of a host. */
export function hangsOnHosts({ rights: { grants, within = [] } }: Audience): boolean {
  return [...grants, ...within].some(({ scope }) => scope.kind === 'group' || scope.kind === 'labels');
}

/** When one ends, everybody's audience is looked at again. */
function lasting(grants: readonly Grant[], now: Date): Grant[] {
  return grants
    .filter((grant) => isLive(grant, now))
    .map(({ id, role, permissions, inStacksOnly, scope }) => ({ id, role, permissions, scope, ...(inStacksOnly ? { inStacksOnly } : {}) }));
}

function textOf({ permissions, inStacksOnly, scope }: Grant): string {
  return JSON.stringify([[...permissions].sort(), [...(inStacksOnly ?? [])].sort(), scope]);
}
