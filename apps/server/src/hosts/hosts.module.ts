import { Module } from '@nestjs/common';
import { GivingModule } from '../access/giving.module.ts';
import { RightsModule } from '../access/rights.module.ts';
import { FleetModule } from '../fleet/fleet.module.ts';
import { HostDirectoryModule } from './host-directory.module.ts';
import { HostsController } from './hosts.controller.ts';
import { HostAccess, HostsService, KnownHosts } from './hosts.service.ts';
import { JoinCodesController } from './join-codes.controller.ts';
import { JoinCodesService } from './join-codes.service.ts';
import { JoinCodesStore } from './join-codes.store.ts';
import { LocalJoinCode } from './local-join-code.ts';

@Module({
  imports: [FleetModule, GivingModule, HostDirectoryModule, RightsModule],
  controllers: [HostsController, JoinCodesController],
  providers: [HostAccess, HostsService, KnownHosts, JoinCodesService, JoinCodesStore, LocalJoinCode],
  exports: [HostsService, JoinCodesService],
})
export class HostsModule {}
