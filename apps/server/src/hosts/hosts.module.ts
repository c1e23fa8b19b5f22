import { Module } from '@nestjs/common';
import { FleetModule } from '../fleet/fleet.module.ts';
import { HostDirectoryModule } from './host-directory.module.ts';
import { HostsController } from './hosts.controller.ts';
import { HostsService } from './hosts.service.ts';
import { JoinCodesController } from './join-codes.controller.ts';
import { JoinCodesService } from './join-codes.service.ts';
import { JoinCodesStore } from './join-codes.store.ts';
import { LocalJoinCode } from './local-join-code.ts';

@Module({
  imports: [FleetModule, HostDirectoryModule],
  controllers: [HostsController, JoinCodesController],
  providers: [HostsService, JoinCodesService, JoinCodesStore, LocalJoinCode],
  exports: [HostsService, JoinCodesService],
})
export class HostsModule {}
