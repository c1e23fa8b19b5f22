import { Module } from '@nestjs/common';
import { HostDirectoryModule } from '../hosts/host-directory.module.ts';
import { GivingService } from './giving.service.ts';
import { RightsModule } from './rights.module.ts';

@Module({ imports: [HostDirectoryModule, RightsModule], providers: [GivingService], exports: [GivingService] })
export class GivingModule {}
