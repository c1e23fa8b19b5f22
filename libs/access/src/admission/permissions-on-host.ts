import type { Permission } from '../permissions.ts';
import type { Asked } from './elevated.ts';

/**
 * What a request needs on the whole host beside the permission of its row. To move a reference (`repo` of a commit or an import, `t` of a build) is one:
 * whoever uses that name next gets another image, whichever stack they are in.
 */
export function permissionsOnHost({ route, query }: Asked): Permission[] {
  // Whoever types along in a shell on the host acts there.
  if (route === 'HostShellJoin') return ['host:shell'];
  const { repo = '', fromSrc = '', t = [] } = query as { repo?: string; fromSrc?: string; t?: readonly string[] };
  if (route === 'ImageCommit') return repo === '' ? [] : ['image:tag'];
  if (route === 'ImageCreate') return fromSrc === '' && repo === '' ? [] : ['image:tag'];
  if (route === 'ImageBuild') return t.length === 0 ? [] : ['image:tag'];
  return [];
}
