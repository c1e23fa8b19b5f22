import { Module } from '@nestjs/common';
import { StandingModule } from '../access/standing.module.ts';
import { AgentsModule } from '../agents/agents.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { FleetModule } from '../fleet/fleet.module.ts';
import { HostDirectoryModule } from '../hosts/host-directory.module.ts';
import { JobListModule } from '../jobs/job-list.module.ts';
import { RecordingsModule } from '../recordings/recordings.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { TerminalsModule } from '../terminals/terminals.module.ts';
import { DoorState } from './door-state.ts';
import { EngineDoor } from './engine-door.ts';
import { Engines } from './engines.ts';
import { GuardedEngines } from './guarded-engines.ts';
import { KnownThings } from './known-things.ts';
import { OwnedThings } from './owned-things.ts';
import { PulledImages } from './pulled-images.ts';
import { WatchedEngines } from './watched-engines.ts';

@Module({
  imports: [
    AgentsModule,
    AuditModule,
    FleetModule,
    HostDirectoryModule,
    JobListModule,
    RecordingsModule,
    SessionsModule,
    StandingModule,
    TerminalsModule,
  ],
  providers: [DoorState, EngineDoor, Engines, GuardedEngines, KnownThings, OwnedThings, PulledImages, WatchedEngines],
  exports: [EngineDoor, GuardedEngines, WatchedEngines],
})
export class DoorModule {}
