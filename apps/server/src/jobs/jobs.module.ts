import { Module } from '@nestjs/common';
import { DoorModule } from '../door/door.module.ts';
import { FleetModule } from '../fleet/fleet.module.ts';
import { HostDirectoryModule } from '../hosts/host-directory.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { JobListModule } from './job-list.module.ts';
import { JobVisitors } from './job-visitors.ts';
import { JobsController } from './jobs.controller.ts';
import { JobPlaces, JobsService } from './jobs.service.ts';

@Module({
  imports: [DoorModule, FleetModule, HostDirectoryModule, JobListModule, SessionsModule],
  controllers: [JobsController],
  providers: [JobPlaces, JobsService, JobVisitors],
})
export class JobsModule {}
