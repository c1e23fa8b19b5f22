import type { Permission } from '@gantry/access';
import { computed, type WritableComputedRef } from 'vue';
import { text } from '../../i18n/i18n.ts';
import { resourceTitle } from './resource-title.ts';
import type { Access } from './use-access-data.ts';
import { roleFor, scopeFor } from './wish-for.ts';

const kinds = ['installation', 'host', 'container', 'stack', 'image', 'network', 'volume'] as const;
type Kind = (typeof kinds)[number];

interface Parts {
  readonly kind: Kind;
  readonly host: string;
  readonly name: string;
}

function write({ kind, host, name }: Parts): string {
  if (kind === 'installation') return kind;
  return kind === 'host' ? `host/${host}` : `${kind}/${host}/${name}`;
}

/** An object while somebody names it, held in the address as the server reads it: `container/<host>/<name>`. */
export function useResourceDraft(resource: WritableComputedRef<string>, { hosts, rows, names }: Access) {
  const parts = computed((): Parts => {
    const [kind = '', host = '', ...rest] = resource.value.split('/');
    const known = kinds.find((one) => one === kind) ?? 'host';
    const found = hosts.value.find(({ id, name }) => id === host || name === host);
    return { kind: known, host: found?.id ?? (host || (hosts.value[0]?.id ?? '')), name: rest.join('/') };
  });
  const field = <Key extends keyof Parts>(key: Key) =>
    computed({
      get: () => parts.value[key],
      set: (value: Parts[Key]) => (resource.value = write({ ...parts.value, [key]: value })),
    });
  const needsName = computed(() => parts.value.kind !== 'installation' && parts.value.kind !== 'host');
  const whole = computed(() => write(parts.value));
  const stackOf = (host: string, container: string): string | undefined =>
    rows.value.find((row) => row.host === host && (row.name === container || row.id === container))?.stack?.id;
  return {
    kind: field('kind'),
    host: field('host'),
    name: field('name'),
    needsName,
    text: whole,
    isWhole: computed(
      () => parts.value.kind === 'installation' || (parts.value.host !== '' && (!needsName.value || parts.value.name !== '')),
    ),
    title: computed(() => resourceTitle(whole.value, names)),
    /** With the name of the host in place of its id, for a command. */
    words: computed(() => write({ ...parts.value, host: names.host(parts.value.host) })),
    kinds: computed(() => kinds.map((value) => ({ value, label: text(`explain.kind.${value}`) }))),
    hosts: computed(() => hosts.value.map(({ id, name }) => ({ value: id, label: name }))),
    knownNames: computed(() => {
      const here = rows.value.filter(({ host }) => host === parts.value.host);
      if (parts.value.kind === 'container') return here.map(({ name }) => name).sort();
      return parts.value.kind === 'stack' ? [...new Set(here.flatMap(({ stack }) => stack?.id ?? []))].sort() : [];
    }),
    /** What would do: the least role and the smallest scope. */
    wish: (permission: Permission) => ({ ...roleFor(permission), scope: scopeFor(permission, whole.value, stackOf) }),
  };
}
