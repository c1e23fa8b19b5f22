import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router';
import type { MessageKey } from './i18n/i18n.ts';

declare module 'vue-router' {
  interface RouteMeta {
    /** Shown in the top bar and the window's title. */
    title?: MessageKey;
    /** Who may see the page; what is not said needs a session. */
    audience?: 'anybody' | 'before-owner';
  }
}

const shelled: RouteRecordRaw[] = [
  { path: '', name: 'overview', component: () => import('./features/overview/OverviewPage.vue'), meta: { title: 'nav.overview' } },
  { path: 'hosts', name: 'hosts', component: () => import('./features/hosts/HostsPage.vue'), meta: { title: 'nav.hosts' } },
  {
    path: 'hosts/:host',
    name: 'host',
    component: () => import('./features/hosts/HostPage.vue'),
    meta: { title: 'nav.hosts' },
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
    meta: { title: 'nav.containers' },
    props: true,
  },
  { path: 'audit', name: 'audit', component: () => import('./features/audit/AuditPage.vue'), meta: { title: 'nav.audit' } },
  { path: 'welcome', name: 'welcome', component: () => import('./features/setup/WelcomePage.vue'), meta: { title: 'nav.welcome' } },
  { path: ':rest(.*)*', name: 'missing', component: () => import('./shell/MissingPage.vue'), meta: { title: 'nav.missing' } },
];

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
    { path: '/', component: () => import('./shell/AppShell.vue'), children: shelled },
  ],
});
