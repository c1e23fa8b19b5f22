import { SessionLimits } from '@gantry/contract';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SettingsStore } from '../settings/settings.store.ts';
import type { Principal } from './principal.ts';
import { SessionsService, usualLimits } from './sessions.service.ts';

const name = 'sessions';

/** How long people stay signed in, as those who run this installation have set it. */
@Injectable()
export class SessionLimitsService implements OnModuleInit {
  constructor(
    private readonly store: SettingsStore,
    private readonly sessions: SessionsService,
  ) {}

  async onModuleInit(): Promise<void> {
    this.sessions.limits = SessionLimits.catch(usualLimits).parse(await this.store.find(name));
  }

  get current(): SessionLimits {
    return this.sessions.limits;
  }

  async update(limits: SessionLimits, by: Pick<Principal, 'name'>): Promise<SessionLimits> {
    await this.store.put(name, limits, by.name);
    this.sessions.limits = limits;
    return limits;
  }
}
