import { can, type Permission } from '@gantry/access';
import {
  Boxes,
  CircleQuestionMark,
  Grid3x3,
  HandHelping,
  Keyboard,
  Moon,
  Play,
  Plus,
  RotateCw,
  ScrollText,
  Server,
  Shapes,
  Square,
  SquareTerminal,
  Users,
} from '@lucide/vue';
import { type Component, computed, type ComputedRef, type ShallowRef } from 'vue';
import { useRouter } from 'vue-router';
import { useSession } from '../api/session.ts';
import { isPossible, type Verb } from '../features/containers/container-actions.ts';
import { useBulk } from '../features/containers/use-bulk.ts';
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

/** What entries are made from. */
interface Desk {
  readonly fleet: Fleet;
  readonly go: (name: string, params?: Record<string, string>, query?: Record<string, string>) => void;
  readonly may: (permission: Permission) => boolean;
  readonly perform: (verb: Verb, live: LiveRow) => void;
}

/** What the palette offers for a query: `>` shows only actions, `#` only hosts. */
export function usePaletteEntries(query: ShallowRef<string>): ComputedRef<readonly PaletteGroup[]> {
  const router = useRouter();
  const session = useSession();
  const { perform } = useBulk(new Set());
  const desk: Desk = {
    fleet: useFleet(),
    go: (name, params = {}, query = {}) => void router.push({ name, params, query }),
    may: (permission) => session.permissions.has(permission),
    perform: (verb, live) => void perform(verb, [live]),
  };

  return computed(() => {
    const typed = query.value.trim().toLowerCase();
    const only = typed.startsWith('>') ? 'actions' : typed.startsWith('#') ? 'hosts' : 'all';
    const wanted = only === 'all' ? typed : typed.slice(1).trim();
    const { found, verb } = only !== 'hosts' && wanted ? foundBy(desk.fleet, wanted) : nothing;
    const groups: PaletteGroup[] = [
      { label: 'palette.containers', entries: only === 'all' ? found.map((live) => container(live, desk)) : [] },
      { label: 'palette.hosts', entries: only === 'hosts' || (only === 'all' && wanted) ? hosts(desk, wanted) : [] },
      { label: 'palette.actions', entries: only === 'hosts' ? [] : actions(desk, wanted, { live: found[0], verb }) },
    ];
    return groups.filter(({ entries }) => entries.length > 0);
  });
}

interface Found {
  readonly found: readonly LiveRow[];
  /** What is to be done with it, where that was written before its name: `restart web`. */
  readonly verb: string;
}
const nothing: Found = { found: [], verb: '' };

function foundBy(fleet: Fleet, wanted: string): Found {
  const found = matching(fleet, wanted);
  const [verb = '', ...rest] = wanted.split(/\s+/);
  return found.length > 0 || rest.length === 0 ? { found, verb: '' } : { found: matching(fleet, rest.join(' ')), verb };
}

/** Names that begin so come first, then the worst. */
function matching(fleet: Fleet, wanted: string): LiveRow[] {
  return [...fleet.rows.values()]
    .filter(({ row }) => row.name.includes(wanted) || row.image.ref.includes(wanted) || row.id.startsWith(wanted))
    .sort((a, b) => Number(b.row.name.startsWith(wanted)) - Number(a.row.name.startsWith(wanted)) || severity(a.shown) - severity(b.shown))
    .slice(0, mostContainers);
}

function container({ row, shown }: LiveRow, { fleet, go }: Desk): PaletteEntry {
  return {
    id: `container-${row.key}`,
    label: row.name,
    detail: row.image.ref,
    aside: fleet.hostName(row.host),
    state: shown,
    run: () => go('container', { host: row.host, id: row.id }),
  };
}

function hosts({ fleet, go }: Desk, wanted: string): PaletteEntry[] {
  return [...fleet.hosts.values()]
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .slice(0, mostContainers)
    .map(({ id, name }) => ({ id: `host-${id}`, label: name, icon: Server, run: () => go('host', { host: id }) }));
}

/** Actions by their words; those on the first container that was found come first and need not match as words. */
function actions(desk: Desk, wanted: string, { live, verb }: { live: LiveRow | undefined; verb: string }): PaletteEntry[] {
  const named = everywhere(desk).filter(({ label }) => !wanted || label.toLowerCase().includes(wanted));
  const onIt = live ? onContainer(live, desk).filter(({ label }) => label.toLowerCase().includes(verb)) : [];
  return [...onIt, ...named];
}

const verbIcons = { restart: RotateCw, stop: Square, start: Play } as const;

function onContainer(live: LiveRow, { go, perform }: Desk): PaletteEntry[] {
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
  const verbs = (['restart', 'stop', 'start'] as const)
    .filter((verb) => isPossible(live, verb))
    .map((verb) => ({
      id: verb,
      label: text('palette.verbOn', { verb: text(`verb.${verb}`), name }),
      icon: verbIcons[verb],
      run: () => perform(verb, live),
    }));
  return [logs, ...(live.row.state === 'running' && can(live.row.can, 'exec') ? [shell] : []), ...verbs];
}

function everywhere({ go, may }: Desk): PaletteEntry[] {
  const run: PaletteEntry = { id: 'run', label: text('containers.run'), icon: Plus, run: () => go('containers', {}, { sheet: 'run' }) };
  const make = (id: string, label: MessageKey, [place, sheet]: readonly [string, string]): PaletteEntry => ({
    ...{ id, label: text(label), icon: Plus },
    run: () => go(place, {}, { sheet }),
  });
  const open = (name: string, label: MessageKey, icon: Component): PaletteEntry => ({
    id: name,
    label: text(label),
    icon,
    run: () => go(name),
  });
  const addHost: PaletteEntry = { id: 'add-host', label: text('hosts.add'), icon: Plus, run: () => go('hosts', {}, { sheet: 'add' }) };
  return [
    ...places
      .filter(({ permission }) => permission === undefined || may(permission))
      .map((place) => ({
        id: place.name,
        label: text(place.label),
        icon: place.icon,
        aside: `g ${place.key}`,
        run: () => go(place.name),
      })),
    ...(may('container:create') ? [run] : []),
    ...(may('image:pull') ? [make('pull', 'palette.pull', ['images', 'pull'])] : []),
    ...(may('volume:create') ? [make('create-volume', 'palette.createVolume', ['volumes', 'create'])] : []),
    ...(may('network:create') ? [make('create-network', 'palette.createNetwork', ['networks', 'create'])] : []),
    ...(may('joinToken:create') ? [addHost] : []),
    ...(may('grant:manage') ? [make('give-access', 'palette.giveAccess', ['grants', 'give'])] : []),
    ...(may('grant:manage') ? [open('matrix', 'palette.matrix', Grid3x3), open('roles', 'palette.roles', Shapes)] : []),
    ...(may('grant:manage') ? [open('host-groups', 'palette.hostGroups', Boxes)] : []),
    ...(may('user:manage') ? [make('invite', 'palette.invite', ['users', 'invite'])] : []),
    ...(may('team:manage') ? [open('teams', 'palette.teams', Users), make('create-team', 'palette.createTeam', ['teams', 'create'])] : []),
    open('explain', 'palette.explain', CircleQuestionMark),
    open('requests', 'palette.requests', HandHelping),
    { id: 'theme', label: text('palette.theme'), icon: Moon, run: () => useTheme(theme.value === 'dark' ? 'light' : 'dark') },
    { id: 'help', label: text('shell.shortcuts'), icon: Keyboard, aside: '?', run: openHelp },
  ];
}
