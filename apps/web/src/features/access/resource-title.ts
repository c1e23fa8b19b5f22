import { text } from '../../i18n/i18n.ts';
import type { ScopeNames } from './access-words.ts';

const kinds = ['installation', 'host', 'container', 'stack', 'image', 'network', 'volume'] as const;

/** An object in words: container web on fra1. */
export function resourceTitle(resource: string, { host: nameOf }: Pick<ScopeNames, 'host'>): string {
  const [word = '', host = '', ...rest] = resource.split('/');
  const kind = kinds.find((one) => one === word) ?? 'host';
  if (kind === 'installation') return text('explain.kind.installation');
  if (kind === 'host') return `${text('explain.kind.host')} ${nameOf(host)}`;
  return text('explain.objectOn', { kind: text(`explain.kind.${kind}`), name: rest.join('/'), host: nameOf(host) });
}
