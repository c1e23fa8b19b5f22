import { Module } from '@nestjs/common';
import { Resources } from '../access/resources.ts';
import { HostDirectoryModule } from '../hosts/host-directory.module.ts';
import { OperationsModule } from '../operations/operations.module.ts';
import { EventLogService } from './event-log.service.ts';
import { Events } from './events.ts';
import { FleetFeed } from './fleet-feed.ts';
import { FleetMetrics } from './fleet-metrics.ts';
import { FleetController } from './fleet.controller.ts';
import { FleetPlaces, FleetService } from './fleet.service.ts';
import { FleetStore } from './fleet.store.ts';
import { Fleet } from './fleet.ts';
import { HistoryService } from './history.service.ts';
import { HistoryStore } from './history.store.ts';
import { Samples } from './samples.ts';

@Module({
  imports: [HostDirectoryModule, OperationsModule],
  controllers: [FleetController],
  providers: [
    EventLogService,
    Events,
    Fleet,
    FleetFeed,
    FleetMetrics,
    FleetPlaces,
    FleetService,
    FleetStore,
    HistoryService,
    HistoryStore,
    Resources,
    Samples,
  ],
  exports: [Events, Fleet, FleetFeed, FleetService, HistoryStore, Resources, Samples],
})
export class FleetModule {}
