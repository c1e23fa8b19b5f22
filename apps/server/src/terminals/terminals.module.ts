import { Module } from '@nestjs/common';
import { RightsModule } from '../access/rights.module.ts';
import { StandingModule } from '../access/standing.module.ts';
import { AgentsModule } from '../agents/agents.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { ExecOwners } from '../door/exec-owners.ts';
import { FleetModule } from '../fleet/fleet.module.ts';
import { HostDirectoryModule } from '../hosts/host-directory.module.ts';
import { RecordingsModule } from '../recordings/recordings.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { LiveTerminals, TerminalPlaces } from './live-terminals.ts';
import { TerminalHosts } from './terminal-hosts.ts';
import { TerminalOpeners } from './terminal-openers.ts';
import { TerminalOwners } from './terminal-owners.ts';
import { TerminalsController } from './terminals.controller.ts';
import { TerminalsService } from './terminals.service.ts';

@Module({
  imports: [AgentsModule, AuditModule, FleetModule, HostDirectoryModule, RecordingsModule, RightsModule, SessionsModule, StandingModule],
  controllers: [TerminalsController],
  providers: [ExecOwners, LiveTerminals, TerminalHosts, TerminalOpeners, TerminalOwners, TerminalPlaces, TerminalsService],
  exports: [ExecOwners, LiveTerminals],
})
export class TerminalsModule {}
