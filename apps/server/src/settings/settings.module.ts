import { type DynamicModule, Module } from '@nestjs/common';
import { Settings } from './settings.ts';

/** Hands what this server was started with to whoever needs it. */
@Module({})
export class SettingsModule {
  static of(settings: Settings): DynamicModule {
    return { module: SettingsModule, global: true, providers: [{ provide: Settings, useValue: settings }], exports: [Settings] };
  }
}
