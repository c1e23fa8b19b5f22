import type { RouteLocationRaw } from 'vue-router';

/** Where somebody wanted to go before they had to sign in; only places of this app. */
export function nextPlace(next: unknown): RouteLocationRaw {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : { name: 'overview' };
}
