import { Box, LayoutDashboard, ScrollText, Server } from '@lucide/vue';
import type { Component } from 'vue';
import type { MessageKey } from '../i18n/i18n.ts';

export interface Place {
  readonly name: string;
  readonly label: MessageKey;
  readonly icon: Component;
  /** Pressed after `g`. */
  readonly key: string;
}

/** What the sidebar, the palette and the keys know; only pages that exist. */
export const navigation: readonly { readonly group: MessageKey; readonly places: readonly Place[] }[] = [
  {
    group: 'nav.fleet',
    places: [
      { name: 'overview', label: 'nav.overview', icon: LayoutDashboard, key: 'o' },
      { name: 'hosts', label: 'nav.hosts', icon: Server, key: 'h' },
    ],
  },
  { group: 'nav.workloads', places: [{ name: 'containers', label: 'nav.containers', icon: Box, key: 'c' }] },
  { group: 'nav.admin', places: [{ name: 'audit', label: 'nav.audit', icon: ScrollText, key: 'a' }] },
];

export const places: readonly Place[] = navigation.flatMap((group) => group.places);
