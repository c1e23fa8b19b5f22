import * as accessRequests from './access-requests.ts';
import * as audit from './audit.ts';
import * as certificates from './certificates.ts';
import * as credentials from './credentials.ts';
import * as explain from './explain.ts';
import * as fleet from './fleet.ts';
import * as grants from './grants.ts';
import * as hostGroups from './host-groups.ts';
import * as hosts from './hosts.ts';
import * as identityProviders from './identity-providers.ts';
import * as jobs from './jobs.ts';
import * as joinCodes from './join-codes.ts';
import * as loginRequests from './login-requests.ts';
import * as operations from './operations.ts';
import * as ownSessions from './own-sessions.ts';
import * as passkeys from './passkeys.ts';
import * as passwordLinks from './password-links.ts';
import * as providerSignIn from './provider-sign-in.ts';
import * as recordings from './recordings.ts';
import type { ContractRow } from './row.ts';
import * as session from './session.ts';
import * as settings from './settings.ts';
import * as setup from './setup.ts';
import * as signInPolicy from './sign-in-policy.ts';
import * as teams from './teams.ts';
import * as terminals from './terminals.ts';
import * as tokens from './tokens.ts';
import * as users from './users.ts';

/** Every row there is; the guard refuses a route that is not among them. */
export const rows: readonly ContractRow[] = Object.freeze([
  setup.getSetup,
  setup.createOwner,
  session.login,
  session.logout,
  session.getMe,
  session.updatePreferences,
  session.changePassword,
  session.proveIdentity,
  credentials.getSecondFactors,
  credentials.beginTotp,
  credentials.confirmTotp,
  credentials.removeTotp,
  credentials.renewRecoveryCodes,
  ownSessions.listOwnSessions,
  ownSessions.endOwnSession,
  ownSessions.endOtherSessions,
  certificates.createOwnCertificate,
  certificates.revokeCertificate,
  loginRequests.createLoginRequest,
  loginRequests.collectLogin,
  loginRequests.findLoginRequest,
  loginRequests.approveLoginRequest,
  loginRequests.refuseLoginRequest,
  passkeys.listPasskeys,
  passkeys.beginPasskey,
  passkeys.addPasskey,
  passkeys.removePasskey,
  passkeys.beginPasskeyLogin,
  passkeys.loginWithPasskey,
  passkeys.provePasskey,
  providerSignIn.beginProviderSignIn,
  providerSignIn.finishProviderSignIn,
  providerSignIn.enterWithCode,
  providerSignIn.listOwnIdentities,
  providerSignIn.beginOwnIdentity,
  providerSignIn.removeOwnIdentity,
  identityProviders.listIdentityProviders,
  identityProviders.createIdentityProvider,
  identityProviders.updateIdentityProvider,
  identityProviders.removeIdentityProvider,
  identityProviders.checkIdentityProvider,
  tokens.listOwnTokens,
  tokens.createOwnToken,
  tokens.revokeOwnToken,
  tokens.listTokens,
  tokens.createServiceToken,
  tokens.revokeToken,
  signInPolicy.getSignInPolicy,
  signInPolicy.updateSignInPolicy,
  settings.getSettings,
  settings.updateSessionLimits,
  users.listUsers,
  users.createUser,
  users.updateUser,
  users.resetUser,
  users.removeUser,
  passwordLinks.describePasswordLink,
  passwordLinks.usePasswordLink,
  explain.explainAccess,
  accessRequests.createAccessRequest,
  accessRequests.listAccessRequests,
  accessRequests.listOwnAccessRequests,
  accessRequests.withdrawAccessRequest,
  accessRequests.approveAccessRequest,
  accessRequests.declineAccessRequest,
  grants.listGrants,
  grants.createGrant,
  grants.revokeGrant,
  grants.listRoles,
  grants.createRole,
  grants.updateRole,
  grants.removeRole,
  teams.listTeams,
  teams.createTeam,
  teams.renameTeam,
  teams.removeTeam,
  teams.addTeamMember,
  teams.removeTeamMember,
  hostGroups.listHostGroups,
  hostGroups.createHostGroup,
  hostGroups.renameHostGroup,
  hostGroups.keepGroupRecordings,
  hostGroups.removeHostGroup,
  hostGroups.addHostToGroup,
  hostGroups.removeHostFromGroup,
  hosts.listHosts,
  hosts.getHost,
  hosts.updateHost,
  hosts.approveHost,
  hosts.removeHost,
  joinCodes.createJoinCode,
  joinCodes.listJoinCodes,
  joinCodes.revokeJoinCode,
  fleet.getFleet,
  fleet.getOverview,
  fleet.listEvents,
  fleet.getContainerHistory,
  fleet.getHostHistory,
  fleet.getFleetHistory,
  jobs.listJobs,
  jobs.createJob,
  jobs.cancelJob,
  audit.listAudit,
  audit.exportAudit,
  recordings.listRecordings,
  recordings.getRecording,
  terminals.listTerminals,
  operations.getHealth,
  operations.getReadiness,
  operations.getMetrics,
  operations.getCertificateAuthority,
  operations.getInstallation,
  operations.getApiDescription,
  operations.getApiPage,
  operations.getApiPageFile,
]);
