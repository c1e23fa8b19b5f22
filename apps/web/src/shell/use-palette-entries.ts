import { can } from '@gantry/access';
import { Keyboard, Moon, Play, Plus, ScrollText, Server, SquareTerminal } from '@lucide/vue';
import { type Component, computed, type ComputedRef, type ShallowRef } from 'vue';
import { useRouter } from 'vue-router';
import { openTerminal } from '../features/terminal/terminals.ts';
import type { LiveRow } from '../fleet/live-row.ts';
import { severity, type ShownState } from '../fleet/state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { useFleet } from '../fleet/use-fleet.ts';
import { type MessageKey, text } from '../i18n/i18n.ts';
import { dock } from './dock.ts';
import { places } from './navigation.ts';
import { theme, useTheme } from './theme.ts';
import { openHelp } from './use-shortcuts.ts';

export interface PaletteEntry {
  readonly id: string;
  readonly label: string;
  readonly detail?: string;
  readonly aside?: string;
  readonly icon?: Component;
  readonly state?: ShownState;
  readonly run: () => void;
}

export interface PaletteGroup {
  readonly label: MessageKey;
  readonly entries: readonly PaletteEntry[];
}

const mostContainers = 8;

/** What the palette offers for a query: `>` shows only actions, `#` only hosts. */
export function usePaletteEntries(query: ShallowRef<string>): ComputedRef<readonly PaletteGroup[]> {
  const fleet = useFleet();
  const router = useRouter();
  const go: Go = (name, params = {}, query = {}) => void router.push({ name, params, query });

  return computed(() => {
    const typed = query.value.trim().toLowerCase();
    const only = typed.startsWith('>') ? 'actions' : typed.startsWith('#') ? 'hosts' : 'all';
    const wanted = only === 'all' ? typed : typed.slice(1).trim();
    const groups: PaletteGroup[] = [
      { label: 'palette.containers', entries: only === 'all' && wanted ? containers(fleet, wanted, go) : [] },
      { label: 'palette.hosts', entries: only === 'hosts' || (only === 'all' && wanted) ? hosts(fleet, wanted, go) : [] },
      { label: 'palette.actions', entries: only === 'hosts' ? [] : actions(fleet, wanted, go) },
    ];
    return groups.filter(({ entries }) => entries.length > 0);
  });
}

function containers(fleet: Fleet, wanted: string, go: Go): PaletteEntry[] {
  const found = [...fleet.rows.values()].filter(
    ({ row }) => row.name.includes(wanted) || row.image.ref.includes(wanted) || row.id.startsWith(wanted),
  );
  found.sort(
    (a, b) => Number(b.row.name.startsWith(wanted)) - Number(a.row.name.startsWith(wanted)) || severity(a.shown) - severity(b.shown),
  );
  return found.slice(0, mostContainers).map(({ row, shown }) => ({
    id: `container-${row.key}`,
    label: row.name,
    detail: row.image.ref,
    aside: fleet.hostName(row.host),
    state: shown,
    run: () => go('container', { host: row.host, id: row.id }),
  }));
}

function hosts(fleet: Fleet, wanted: string, go: Go): PaletteEntry[] {
  return [...fleet.hosts.values()]
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .slice(0, mostContainers)
    .map(({ id, name }) => ({ id: `host-${id}`, label: name, icon: Server, run: () => go('host', { host: id }) }));
}

/** Actions by their words; those on the first container that is named come first and need not match as words. */
function actions(fleet: Fleet, wanted: string, go: Go): PaletteEntry[] {
  const named = everywhere(go).filter(({ label }) => !wanted || label.toLowerCase().includes(wanted));
  return [...onContainer(firstMatch(fleet.rows.values(), wanted), go), ...named];
}

function firstMatch(rows: Iterable<LiveRow>, wanted: string): LiveRow | undefined {
  if (wanted) for (const live of rows) if (live.row.name.includes(wanted)) return live;
  return undefined;
}

type Go = (name: string, params?: Record<string, string>, query?: Record<string, string>) => void;

function onContainer(live: LiveRow | undefined, go: Go): PaletteEntry[] {
  if (!live) return [];
  const { host, id, name } = live.row;
  const logs: PaletteEntry = {
    id: 'logs',
    label: text('palette.logsOf', { name }),
    icon: ScrollText,
    run: () => go('container', { host, id, tab: 'logs' }),
  };
  const shell: PaletteEntry = {
    id: 'shell',
    label: text('palette.shellIn', { name }),
    icon: SquareTerminal,
    run: () => {
      void openTerminal({ host, id, name });
      dock.isOpen.value = true;
    },
  };
  return live.row.state === 'running' && can(live.row.can, 'exec') ? [logs, shell] : [logs];
}

function everywhere(go: Go): PaletteEntry[] {
  return [
    ...places.map((place) => ({
      id: place.name,
      label: text(place.label),
      icon: place.icon,
      aside: `g ${place.key}`,
      run: () => go(place.name),
    })),
    { id: 'run', label: text('containers.run'), icon: Play, run: () => go('containers', {}, { sheet: 'run' }) },
    { id: 'add-host', label: text('hosts.add'), icon: Plus, run: () => go('hosts', {}, { sheet: 'add' }) },
    { id: 'theme', label: text('palette.theme'), icon: Moon, run: () => useTheme(theme.value === 'dark' ? 'light' : 'dark') },
    { id: 'help', label: text('shell.shortcuts'), icon: Keyboard, aside: '?', run: openHelp },
  ];
}
