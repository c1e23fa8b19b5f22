import type { Component } from 'vue';
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router';
import { type MessageKey, withTexts } from './i18n/i18n.ts';

declare module 'vue-router' {
  interface RouteMeta {
    /** Shown in the top bar and the window's title. */
    title?: MessageKey;
    /** The place of the navigation that a detail page belongs to. */
    place?: string;
    /** Who may see the page; what is not said needs a session. */
    audience?: 'anybody' | 'before-owner';
  }
}

const shelled: RouteRecordRaw[] = [
  {
    path: '',
    name: 'overview',
    component: withTexts('fleet', () => import('./features/overview/OverviewPage.vue')),
    meta: { title: 'nav.overview' },
  },
  {
    path: 'hosts',
    name: 'hosts',
    component: withTexts('fleet', () => import('./features/hosts/HostsPage.vue')),
    meta: { title: 'nav.hosts' },
  },
  {
    path: 'hosts/:host',
    name: 'host',
    component: withTexts('fleet', () => import('./features/hosts/HostPage.vue')),
    meta: { title: 'nav.hosts', place: 'hosts' },
    props: true,
  },
  {
    path: 'containers',
    name: 'containers',
    component: () => import('./features/containers/ContainersPage.vue'),
    meta: { title: 'nav.containers' },
  },
  {
    path: 'containers/:host/:id/:tab?',
    name: 'container',
    component: () => import('./features/container/ContainerPage.vue'),
    meta: { title: 'nav.containers', place: 'containers' },
    props: true,
  },
  {
    path: 'images',
    name: 'images',
    component: withTexts('objects', () => import('./features/images/ImagesPage.vue')),
    meta: { title: 'nav.images' },
  },
  {
    path: 'images/:host/:id',
    name: 'image',
    component: withTexts('objects', () => import('./features/images/ImagePage.vue')),
    meta: { title: 'nav.images', place: 'images' },
    props: true,
  },
  {
    path: 'volumes',
    name: 'volumes',
    component: withTexts('objects', () => import('./features/volumes/VolumesPage.vue')),
    meta: { title: 'nav.volumes' },
  },
  {
    path: 'volumes/:host/:name/:tab?',
    name: 'volume',
    component: withTexts('objects', () => import('./features/volumes/VolumePage.vue')),
    meta: { title: 'nav.volumes', place: 'volumes' },
    props: true,
  },
  {
    path: 'networks',
    name: 'networks',
    component: withTexts('objects', () => import('./features/networks/NetworksPage.vue')),
    meta: { title: 'nav.networks' },
  },
  {
    path: 'networks/:host/:id',
    name: 'network',
    component: withTexts('objects', () => import('./features/networks/NetworkPage.vue')),
    meta: { title: 'nav.networks', place: 'networks' },
    props: true,
  },
  {
    path: 'topology',
    name: 'topology',
    component: withTexts('objects', () => import('./features/topology/TopologyPage.vue')),
    meta: { title: 'nav.topology' },
  },
  {
    path: 'logs',
    name: 'logs',
    component: withTexts('objects', () => import('./features/fleet-logs/FleetLogsPage.vue')),
    meta: { title: 'nav.logs' },
  },
  {
    path: 'terminals/:host?/:id?',
    name: 'terminals',
    component: withTexts('desk', () => import('./features/terminals/TerminalsPage.vue')),
    meta: { title: 'dock.all' },
    props: true,
  },
  {
    path: 'activity/:tab?',
    name: 'activity',
    component: withTexts('fleet', () => import('./features/activity/ActivityPage.vue')),
    meta: { title: 'nav.activity' },
    props: true,
  },
  {
    path: 'audit',
    name: 'audit',
    component: withTexts('admin', () => import('./features/audit/AuditPage.vue')),
    meta: { title: 'nav.audit' },
  },
  {
    path: 'recordings',
    name: 'recordings',
    component: withTexts('admin', () => import('./features/recordings/RecordingsPage.vue')),
    meta: { title: 'nav.recordings' },
  },
  {
    path: 'recordings/:host/:id',
    name: 'recording',
    component: withTexts('admin', () => import('./features/recordings/RecordingPage.vue')),
    meta: { title: 'nav.recordings', place: 'recordings' },
    props: true,
  },
  {
    path: 'welcome',
    name: 'welcome',
    component: withTexts('fleet', () => import('./features/setup/WelcomePage.vue')),
    meta: { title: 'nav.welcome' },
  },
  {
    path: 'account',
    name: 'account',
    component: withTexts(
      'account',
      withTexts('sso', () => import('./features/account/AccountPage.vue')),
    ),
    meta: { title: 'nav.account' },
  },
  {
    path: 'approve',
    name: 'approve',
    component: withTexts('account', () => import('./features/account/ApprovePage.vue')),
    meta: { title: 'nav.approve', place: 'account' },
  },
  {
    path: 'users',
    name: 'users',
    component: withTexts('account', () => import('./features/users/UsersPage.vue')),
    meta: { title: 'nav.users' },
  },
  {
    path: 'settings/sign-in',
    name: 'sign-in-settings',
    component: withTexts('sso', () => import('./features/sign-in-settings/SignInSettingsPage.vue')),
    meta: { title: 'nav.signIn' },
  },
  { ...administration('access', 'grants', () => import('./features/access/GrantsPage.vue')), meta: { title: 'nav.access' } },
  administration('access/matrix', 'matrix', () => import('./features/access/MatrixPage.vue')),
  administration('access/teams', 'teams', () => import('./features/access/TeamsPage.vue')),
  administration('access/roles', 'roles', () => import('./features/access/RolesPage.vue')),
  administration('access/host-groups', 'host-groups', () => import('./features/access/HostGroupsPage.vue')),
  administration('access/requests', 'requests', () => import('./features/access/RequestsPage.vue')),
  administration('access/explain', 'explain', () => import('./features/access/ExplainPage.vue')),
  {
    path: 'tokens',
    name: 'tokens',
    component: withTexts(
      'account',
      withTexts('access', () => import('./features/tokens/TokensPage.vue')),
    ),
    meta: { title: 'nav.tokens' },
  },
  {
    path: 'settings',
    name: 'settings',
    component: withTexts(
      'account',
      withTexts('access', () => import('./features/settings/SettingsPage.vue')),
    ),
    meta: { title: 'nav.settings' },
  },
  ...(import.meta.env.DEV ? [{ path: 'dev/ui', name: 'style', component: () => import('./features/dev/StylePage.vue') }] : []),
  { path: ':rest(.*)*', name: 'missing', component: () => import('./shell/MissingPage.vue'), meta: { title: 'nav.missing' } },
];

/** A page among those of access. */
function administration(path: string, name: string, load: () => Promise<unknown>): RouteRecordRaw {
  return { path, name, component: withTexts('access', load as () => Promise<Component>), meta: { title: 'nav.access', place: 'grants' } };
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    {
      path: '/login',
      name: 'login',
      component: () => import('./features/login/LoginPage.vue'),
      meta: { title: 'login.title', audience: 'anybody' },
    },
    {
      path: '/setup',
      name: 'setup',
      component: () => import('./features/setup/SetupPage.vue'),
      meta: { title: 'setup.title', audience: 'before-owner' },
    },
    {
      path: '/invite',
      name: 'invite',
      component: withTexts('account', () => import('./features/login/InvitePage.vue')),
      meta: { title: 'nav.invite', audience: 'anybody' },
    },
    {
      path: '/second-factor',
      name: 'second-factor',
      component: withTexts('account', () => import('./features/account/SecondFactorPage.vue')),
      meta: { title: 'nav.secondFactor' },
    },
    { path: '/', component: withTexts('shell', () => import('./shell/AppShell.vue')), children: shelled },
  ],
});
