import type * as rows from '@gantry/contract';
import { route } from './call.ts';

/** The rows that the app calls. */
export const routes = {
  getSetup: route<typeof rows.getSetup>('GET', '/api/setup'),
  createOwner: route<typeof rows.createOwner>('POST', '/api/setup'),
  login: route<typeof rows.login>('POST', '/api/session'),
  logout: route<typeof rows.logout>('DELETE', '/api/session'),
  getMe: route<typeof rows.getMe>('GET', '/api/me'),
  updatePreferences: route<typeof rows.updatePreferences>('PATCH', '/api/me/preferences'),
  getFleet: route<typeof rows.getFleet>('GET', '/api/fleet'),
  getOverview: route<typeof rows.getOverview>('GET', '/api/overview'),
  getContainerHistory: route<typeof rows.getContainerHistory>('GET', '/api/hosts/:hostId/containers/:containerId/history'),
  getHostHistory: route<typeof rows.getHostHistory>('GET', '/api/hosts/:hostId/history'),
  getFleetHistory: route<typeof rows.getFleetHistory>('GET', '/api/fleet/history'),
  listHostGroups: route<typeof rows.listHostGroups>('GET', '/api/host-groups'),
  listHosts: route<typeof rows.listHosts>('GET', '/api/hosts'),
  updateHost: route<typeof rows.updateHost>('PATCH', '/api/hosts/:hostId'),
  approveHost: route<typeof rows.approveHost>('POST', '/api/hosts/:hostId/approve'),
  removeHost: route<typeof rows.removeHost>('DELETE', '/api/hosts/:hostId'),
  listEvents: route<typeof rows.listEvents>('GET', '/api/events'),
  listJobs: route<typeof rows.listJobs>('GET', '/api/jobs'),
  createJob: route<typeof rows.createJob>('POST', '/api/jobs'),
  cancelJob: route<typeof rows.cancelJob>('POST', '/api/jobs/:jobId/cancel'),
  listAccessRequests: route<typeof rows.listAccessRequests>('GET', '/api/access/requests'),
  listAudit: route<typeof rows.listAudit>('GET', '/api/audit'),
  exportAudit: route<typeof rows.exportAudit>('GET', '/api/audit/export'),
  listRecordings: route<typeof rows.listRecordings>('GET', '/api/recordings'),
  getRecording: route<typeof rows.getRecording>('GET', '/api/hosts/:hostId/recordings/:recordingId/cast'),
  listTerminals: route<typeof rows.listTerminals>('GET', '/api/terminals'),
  createJoinCode: route<typeof rows.createJoinCode>('POST', '/api/join-codes'),
} as const;
