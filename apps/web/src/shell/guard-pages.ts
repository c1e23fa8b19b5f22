import type { Router } from 'vue-router';
import type { useSession } from '../api/session.ts';

/**
 * Sends people to set-up before there is an owner, to the login without a session, to their second factor where their role demands one and they have none,
 * and back to where they wanted to go.
 */
export function guardPages(router: Router, session: ReturnType<typeof useSession>): void {
  router.beforeEach(async (to) => {
    await session.load();
    const { audience } = to.meta;
    if (!session.isSetUp) return audience === 'before-owner' || { name: 'setup', hash: to.hash };
    if (audience === 'before-owner') return { name: session.me ? 'overview' : 'login' };
    if (!session.me) return audience === 'anybody' || { name: 'login', query: to.fullPath === '/' ? {} : { next: to.fullPath } };
    if (audience === 'anybody' && to.name !== 'login') return true;
    if (session.me.needsSecondFactor) return to.name === 'second-factor' || { name: 'second-factor' };
    if (to.name === 'second-factor') return { name: 'overview' };
    return to.name !== 'login' || { name: 'overview' };
  });
}
