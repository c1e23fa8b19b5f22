import { Module } from '@nestjs/common';
import { RightsModule } from '../access/rights.module.ts';
import { AgentsModule } from '../agents/agents.module.ts';
import { DoorModule } from '../door/door.module.ts';
import { FleetModule } from '../fleet/fleet.module.ts';
import { HostDirectoryModule } from '../hosts/host-directory.module.ts';
import { HostsModule } from '../hosts/hosts.module.ts';
import { JobListModule } from '../jobs/job-list.module.ts';
import { OperationsModule } from '../operations/operations.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { AudiencePlaces, AudienceSight } from './audience-sight.ts';
import { BrowserDoor } from './browser-door.ts';
import { BrowsersGateway } from './browsers.gateway.ts';
import { JobsPublisher } from './jobs-publisher.ts';
import { PublishedSources } from './published-sources.ts';
import { Publisher } from './publisher.ts';
import { SampleTicker } from './sample-ticker.ts';
import { TickTargets } from './tick-targets.ts';
import { Viewers } from './viewers.ts';
import { WatchRelay } from './watch-relay.ts';

@Module({
  imports: [
    AgentsModule,
    DoorModule,
    FleetModule,
    HostDirectoryModule,
    HostsModule,
    JobListModule,
    OperationsModule,
    RightsModule,
    SessionsModule,
  ],
  providers: [
    AudiencePlaces,
    AudienceSight,
    BrowserDoor,
    BrowsersGateway,
    JobsPublisher,
    PublishedSources,
    Publisher,
    SampleTicker,
    TickTargets,
    Viewers,
    WatchRelay,
  ],
})
export class BrowsersModule {}
