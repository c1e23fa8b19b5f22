import type * as rows from '@gantry/contract';
import { route } from './call.ts';

/** The rows of providers that people sign in with: apart from the others, so that the login loads them only where there is one. */
export const providerRoutes = {
  begin: route<typeof rows.beginProviderSignIn>('POST', '/api/session/providers/:providerKey'),
  enterWithCode: route<typeof rows.enterWithCode>('POST', '/api/session/provider-code'),
  listOwn: route<typeof rows.listOwnIdentities>('GET', '/api/me/identities'),
  beginOwn: route<typeof rows.beginOwnIdentity>('POST', '/api/me/identities/:providerKey'),
  removeOwn: route<typeof rows.removeOwnIdentity>('DELETE', '/api/me/identities/:identityId'),
  list: route<typeof rows.listIdentityProviders>('GET', '/api/settings/identity-providers'),
  create: route<typeof rows.createIdentityProvider>('POST', '/api/settings/identity-providers'),
  update: route<typeof rows.updateIdentityProvider>('PUT', '/api/settings/identity-providers/:providerKey'),
  remove: route<typeof rows.removeIdentityProvider>('DELETE', '/api/settings/identity-providers/:providerKey'),
  check: route<typeof rows.checkIdentityProvider>('POST', '/api/settings/identity-providers/:providerKey/check'),
  listTeams: route<typeof rows.listTeams>('GET', '/api/teams'),
  listRoles: route<typeof rows.listRoles>('GET', '/api/roles'),
} as const;
