import type { Permission } from '@gantry/access';
import {
  Activity,
  Box,
  Clapperboard,
  Disc3,
  HardDrive,
  KeyRound,
  KeySquare,
  LayoutDashboard,
  LogIn,
  Network,
  ScrollText,
  Server,
  Settings,
  ShieldCheck,
  SquareTerminal,
  Users,
  Waypoints,
} from '@lucide/vue';
import type { Component } from 'vue';
import type { MessageKey } from '../i18n/i18n.ts';

export interface Place {
  readonly name: string;
  readonly label: MessageKey;
  readonly icon: Component;
  /** Pressed after `g`. */
  readonly key: string;
  /** Only for whoever has it somewhere. */
  readonly permission?: Permission;
}

/** What the sidebar, the palette and the keys know; only pages that exist. */
export const navigation: readonly { readonly group: MessageKey; readonly places: readonly Place[] }[] = [
  {
    group: 'nav.fleet',
    places: [
      { name: 'overview', label: 'nav.overview', icon: LayoutDashboard, key: 'o' },
      { name: 'hosts', label: 'nav.hosts', icon: Server, key: 'h' },
      { name: 'topology', label: 'nav.topology', icon: Waypoints, key: 't' },
    ],
  },
  {
    group: 'nav.workloads',
    places: [
      { name: 'containers', label: 'nav.containers', icon: Box, key: 'c' },
      { name: 'images', label: 'nav.images', icon: Disc3, key: 'i' },
      { name: 'volumes', label: 'nav.volumes', icon: HardDrive, key: 'v' },
      { name: 'networks', label: 'nav.networks', icon: Network, key: 'n' },
    ],
  },
  {
    group: 'nav.operate',
    places: [
      { name: 'logs', label: 'nav.logs', icon: ScrollText, key: 'l' },
      { name: 'terminals', label: 'dock.all', icon: SquareTerminal, key: 'x' },
      { name: 'activity', label: 'nav.activity', icon: Activity, key: 'j' },
    ],
  },
  {
    group: 'nav.admin',
    places: [
      { name: 'users', label: 'nav.users', icon: Users, key: 'u', permission: 'user:manage' },
      { name: 'grants', label: 'nav.access', icon: KeySquare, key: 'p', permission: 'grant:manage' },
      { name: 'tokens', label: 'nav.tokens', icon: KeyRound, key: 'k', permission: 'apiToken:any' },
      { name: 'audit', label: 'nav.audit', icon: ShieldCheck, key: 'a', permission: 'audit:view' },
      { name: 'recordings', label: 'nav.recordings', icon: Clapperboard, key: 'r', permission: 'recording:play' },
      { name: 'settings', label: 'nav.settings', icon: Settings, key: ',', permission: 'system:settings' },
      { name: 'sign-in-settings', label: 'nav.signIn', icon: LogIn, key: 'y', permission: 'sso:manage' },
    ],
  },
];

export const places: readonly Place[] = navigation.flatMap((group) => group.places);
