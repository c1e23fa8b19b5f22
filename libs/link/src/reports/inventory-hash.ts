import { createHash } from 'node:crypto';
import type { ContainerReport } from '@gantry/engine-api';

/** One hash over all containers that both sides count alike: ids, and the revision of each one's last change. */
export function hashInventory(rows: Iterable<Pick<ContainerReport, 'id' | 'revision'>>): string {
  const lines = Array.from(rows, ({ id, revision }) => `${id} ${revision}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('base64url');
}
