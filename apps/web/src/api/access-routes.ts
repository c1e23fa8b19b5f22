import type * as rows from '@gantry/contract';
import { route } from './call.ts';

/** The rows of who may do what: apart from the others, so that only the pages of administration load them. */
export const accessRoutes = {
  listGrants: route<typeof rows.listGrants>('GET', '/api/grants'),
  createGrant: route<typeof rows.createGrant>('POST', '/api/grants'),
  revokeGrant: route<typeof rows.revokeGrant>('DELETE', '/api/grants/:grantId'),
  listRoles: route<typeof rows.listRoles>('GET', '/api/roles'),
  createRole: route<typeof rows.createRole>('POST', '/api/roles'),
  updateRole: route<typeof rows.updateRole>('PUT', '/api/roles/:roleId'),
  removeRole: route<typeof rows.removeRole>('DELETE', '/api/roles/:roleId'),
  listTeams: route<typeof rows.listTeams>('GET', '/api/teams'),
  createTeam: route<typeof rows.createTeam>('POST', '/api/teams'),
  renameTeam: route<typeof rows.renameTeam>('PATCH', '/api/teams/:teamId'),
  removeTeam: route<typeof rows.removeTeam>('DELETE', '/api/teams/:teamId'),
  addTeamMember: route<typeof rows.addTeamMember>('PUT', '/api/teams/:teamId/members/:userId'),
  removeTeamMember: route<typeof rows.removeTeamMember>('DELETE', '/api/teams/:teamId/members/:userId'),
  listHostGroups: route<typeof rows.listHostGroups>('GET', '/api/host-groups'),
  createHostGroup: route<typeof rows.createHostGroup>('POST', '/api/host-groups'),
  renameHostGroup: route<typeof rows.renameHostGroup>('PATCH', '/api/host-groups/:groupId'),
  removeHostGroup: route<typeof rows.removeHostGroup>('DELETE', '/api/host-groups/:groupId'),
  addHostToGroup: route<typeof rows.addHostToGroup>('PUT', '/api/host-groups/:groupId/hosts/:hostId'),
  removeHostFromGroup: route<typeof rows.removeHostFromGroup>('DELETE', '/api/host-groups/:groupId/hosts/:hostId'),
  explainAccess: route<typeof rows.explainAccess>('GET', '/api/access/explain'),
  createAccessRequest: route<typeof rows.createAccessRequest>('POST', '/api/access/requests'),
  listOwnAccessRequests: route<typeof rows.listOwnAccessRequests>('GET', '/api/me/access-requests'),
  withdrawAccessRequest: route<typeof rows.withdrawAccessRequest>('DELETE', '/api/me/access-requests/:requestId'),
  approveAccessRequest: route<typeof rows.approveAccessRequest>('POST', '/api/access/requests/:requestId/approval'),
  declineAccessRequest: route<typeof rows.declineAccessRequest>('POST', '/api/access/requests/:requestId/refusal'),
  keepGroupRecordings: route<typeof rows.keepGroupRecordings>('PUT', '/api/host-groups/:groupId/recording-days'),
  getSettings: route<typeof rows.getSettings>('GET', '/api/settings'),
  updateSessionLimits: route<typeof rows.updateSessionLimits>('PUT', '/api/settings/sessions'),
} as const;
