import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuditModule } from '../audit/audit.module.ts';
import { FleetModule } from '../fleet/fleet.module.ts';
import { HostDirectoryModule } from '../hosts/host-directory.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { SetupModule } from '../setup/setup.module.ts';
import { AccessRequestsController } from './access-requests.controller.ts';
import { AccessRequestsService, RequestedObjects } from './access-requests.service.ts';
import { AccessRequestsStore } from './access-requests.store.ts';
import { AccessController } from './access.controller.ts';
import { AccessGuard } from './access.guard.ts';
import { ExplainService, ExplainSources } from './explain.service.ts';
import { GivingModule } from './giving.module.ts';
import { GrantsService } from './grants.service.ts';
import { HostGroupsController } from './host-groups.controller.ts';
import { HostGroupsService, HostGroupSurroundings } from './host-groups.service.ts';
import { HostGroupsStore } from './host-groups.store.ts';
import { RightsModule } from './rights.module.ts';
import { RowDecision } from './row-decision.ts';
import { RolesService } from './roles.service.ts';
import { RolesStore } from './roles.store.ts';
import { TeamsController } from './teams.controller.ts';
import { TeamsService } from './teams.service.ts';
import { TeamsStore } from './teams.store.ts';

const stores = [AccessRequestsStore, HostGroupsStore, RolesStore, TeamsStore];
const services = [
  AccessRequestsService,
  ExplainService,
  ExplainSources,
  GrantsService,
  HostGroupsService,
  HostGroupSurroundings,
  RequestedObjects,
  RolesService,
  RowDecision,
  TeamsService,
];

@Module({
  imports: [AuditModule, FleetModule, GivingModule, HostDirectoryModule, RightsModule, SessionsModule, SetupModule],
  controllers: [AccessController, AccessRequestsController, HostGroupsController, TeamsController],
  providers: [{ provide: APP_GUARD, useClass: AccessGuard }, ...stores, ...services],
})
export class AccessModule {}
