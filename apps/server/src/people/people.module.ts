import { Module } from '@nestjs/common';
import { GivingModule } from '../access/giving.module.ts';
import { RightsModule } from '../access/rights.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { AttemptsService } from './attempts.service.ts';
import { LoginService } from './login.service.ts';
import { SessionController } from './session.controller.ts';
import { UsersController } from './users.controller.ts';
import { UsersService } from './users.service.ts';
import { UsersStore } from './users.store.ts';

@Module({
  imports: [AuditModule, GivingModule, RightsModule, SessionsModule],
  controllers: [SessionController, UsersController],
  providers: [AttemptsService, LoginService, UsersService, UsersStore],
  exports: [AttemptsService, LoginService, UsersStore],
})
export class PeopleModule {}
