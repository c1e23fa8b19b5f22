import { type InstallationSettings, SettingName } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import type { ServerConfig } from '../config.ts';
import { SessionLimitsService } from '../sessions/session-limits.service.ts';
import { Settings } from './settings.ts';
import { SettingsStore } from './settings.store.ts';

/** How this installation is set, for those who run it. */
@Injectable()
export class InstallationSettingsService {
  constructor(
    private readonly settings: Settings,
    private readonly store: SettingsStore,
    private readonly sessions: SessionLimitsService,
  ) {}

  async describe(): Promise<InstallationSettings> {
    const changes = (await this.store.changes()).flatMap(({ name, updatedAt, updatedBy }) => {
      const known = SettingName.safeParse(name).data;
      return known ? [{ name: known, at: updatedAt.toISOString(), ...(updatedBy === null ? {} : { by: updatedBy }) }] : [];
    });
    return { sessions: this.sessions.current, changes, startedWith: variablesOf(this.settings.config) };
  }
}

const onOff = (value: boolean): string => (value ? 'on' : 'off');

/** Neither the address of a database, which has a password, nor paths of files with keys. */
function variablesOf(config: ServerConfig): InstallationSettings['startedWith'] {
  return [
    { variable: 'GANTRY_URL', value: config.url ?? '' },
    { variable: 'GANTRY_LISTEN', value: config.listen ?? '' },
    { variable: 'GANTRY_PORT', value: String(config.port) },
    { variable: 'GANTRY_TLS', value: onOff(config.tls) },
    { variable: 'GANTRY_BEHIND_PROXY', value: onOff(config.behindProxy) },
    { variable: 'GANTRY_RECORDING_DAYS', value: String(config.recordingDays) },
    { variable: 'GANTRY_DATA_ROOT', value: config.dataRoot },
  ];
}
