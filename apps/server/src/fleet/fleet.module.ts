import { Module } from '@nestjs/common';
import { Resources } from '../access/resources.ts';
import { RightsModule } from '../access/rights.module.ts';
import { HostDirectoryModule } from '../hosts/host-directory.module.ts';
import { OperationsModule } from '../operations/operations.module.ts';
import { EventLogService } from './event-log.service.ts';
import { Events } from './events.ts';
import { FleetFeed } from './fleet-feed.ts';
import { FleetMetrics } from './fleet-metrics.ts';
import { FleetSnapshots } from './fleet-snapshots.ts';
import { FleetSnapshotController } from './fleet-snapshot.controller.ts';
import { FleetController } from './fleet.controller.ts';
import { FleetPlaces, FleetService } from './fleet.service.ts';
import { FleetStore } from './fleet.store.ts';
import { Fleet } from './fleet.ts';
import { HistoryService } from './history.service.ts';
import { HistoryStore } from './history.store.ts';
import { Samples } from './samples.ts';

@Module({
  imports: [HostDirectoryModule, OperationsModule, RightsModule],
  controllers: [FleetController, FleetSnapshotController],
  providers: [
    EventLogService,
    Events,
    Fleet,
    FleetFeed,
    FleetMetrics,
    FleetPlaces,
    FleetService,
    FleetSnapshots,
    FleetStore,
    HistoryService,
    HistoryStore,
    Resources,
    Samples,
  ],
  exports: [Events, Fleet, FleetFeed, FleetService, HistoryStore, Resources, Samples],
})
export class FleetModule {}
