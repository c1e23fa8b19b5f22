import * as z from 'zod';
import type { ContractRow } from './row.ts';

export const SessionLimits = z
  .strictObject({
    /** A session that nobody uses ends after so many minutes. */
    idleMinutes: z.int().min(5).max(1440),
    /** Any session ends after so many hours. */
    longestHours: z.int().min(1).max(720),
  })
  .meta({ id: 'SessionLimits' });
export type SessionLimits = z.infer<typeof SessionLimits>;

export const SettingName = z.enum(['sign-in', 'sessions']);
export type SettingName = z.infer<typeof SettingName>;

/** How this installation is set: what pages change has routes of its own, what the server was started with is only shown. */
export const InstallationSettings = z
  .object({
    sessions: SessionLimits,
    /** Of settings that somebody has changed. */
    changes: z.array(z.object({ name: SettingName, at: z.iso.datetime(), by: z.string().optional() })),
    /** Variables of the server's environment and what they are now; no secrets. */
    startedWith: z.array(z.object({ variable: z.string(), value: z.string() })),
  })
  .meta({ id: 'InstallationSettings' });
export type InstallationSettings = z.infer<typeof InstallationSettings>;

export const getSettings = {
  name: 'getSettings',
  method: 'GET',
  path: '/api/settings',
  access: 'system:settings',
  summary: 'How this installation is set, and who changed it last',
  answer: InstallationSettings,
} as const satisfies ContractRow;

/** Idleness counts for all sessions at once; the longest time for those that are opened from then on. */
export const updateSessionLimits = {
  name: 'updateSessionLimits',
  method: 'PUT',
  path: '/api/settings/sessions',
  access: 'system:settings',
  recent: true,
  summary: 'Change how long people stay signed in',
  body: SessionLimits,
  answer: SessionLimits,
} as const satisfies ContractRow;
