import { getSettings, type InstallationSettings, type SessionLimits, updateSessionLimits } from '@gantry/contract';
import { Controller } from '@nestjs/common';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { SessionLimitsService } from '../sessions/session-limits.service.ts';
import { InstallationSettingsService } from './installation-settings.service.ts';

@Controller()
export class InstallationSettingsController {
  constructor(
    private readonly settings: InstallationSettingsService,
    private readonly sessions: SessionLimitsService,
  ) {}

  @Answers(getSettings)
  get(): Promise<InstallationSettings> {
    return this.settings.describe();
  }

  @Answers(updateSessionLimits)
  updateSessions(@Input() { body }: InputOf<typeof updateSessionLimits>, @CurrentPrincipal() principal: Principal): Promise<SessionLimits> {
    return this.sessions.update(body, principal);
  }
}
