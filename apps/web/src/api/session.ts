import { Failure } from '@gantry/base';
import type { Me, Preferences, SetupState } from '@gantry/contract';
import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { call } from './call.ts';
import { routes } from './routes.ts';

type Permission = Me['permissions'][number];

/** Who is signed in (`undefined`: not asked yet; `null`: nobody), and the providers that people may sign in with. */
export const useSession = defineStore('session', () => {
  const me = shallowRef<Me | null>();
  const [isSetUp, providers] = [shallowRef<boolean>(), shallowRef<SetupState['providers']>([])];
  const permissions = computed(() => new Set<Permission>(me.value?.permissions));

  /** Asks the server once per page load; a server without an owner answers no session either. */
  async function load(): Promise<void> {
    if (me.value !== undefined) return;
    const setup = await call(routes.getSetup, {});
    [isSetUp.value, providers.value] = [setup.isSetUp, setup.providers];
    me.value = setup.isSignedIn ? await whoAmI() : null;
  }

  /** The code is that of a second factor, where the server has asked for one. */
  async function login(name: string, password: string, code?: string): Promise<void> {
    me.value = await call(routes.login, { body: { name, password, ...(code === undefined ? {} : { code }) } });
  }

  /** Asks again: something about the person has changed. */
  const reload = async (): Promise<void> => void (me.value = await whoAmI());

  async function createOwner(owner: { code: string; name: string; password: string; preferences: Partial<Preferences> }): Promise<void> {
    me.value = await call(routes.createOwner, { body: owner });
    isSetUp.value = true;
  }

  async function logout(): Promise<void> {
    await call(routes.logout, {});
    me.value = null;
  }

  async function prefer(change: Partial<Preferences>): Promise<void> {
    if (!me.value) return;
    const preferences = await call(routes.updatePreferences, { body: change });
    me.value = { ...me.value, preferences };
  }

  return { me, isSetUp, providers, permissions, load, reload, login, createOwner, logout, prefer };
});

async function whoAmI(): Promise<Me | null> {
  try {
    return await call(routes.getMe, {});
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'unauthenticated') return null;
    throw thrown;
  }
}
