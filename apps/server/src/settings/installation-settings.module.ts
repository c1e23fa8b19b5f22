import { Module } from '@nestjs/common';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { InstallationSettingsController } from './installation-settings.controller.ts';
import { InstallationSettingsService } from './installation-settings.service.ts';
import { SettingsStore } from './settings.store.ts';

/** What pages show and change of how this installation is set. */
@Module({
  imports: [SessionsModule],
  controllers: [InstallationSettingsController],
  providers: [InstallationSettingsService, SettingsStore],
})
export class InstallationSettingsModule {}
