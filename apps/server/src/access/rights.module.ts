import { Module } from '@nestjs/common';
import { GrantsStore } from './grants.store.ts';
import { RightsService } from './rights.service.ts';

/** Who may do what, for whatever asks. Depends on nothing but the database. */
@Module({ providers: [GrantsStore, RightsService], exports: [GrantsStore, RightsService] })
export class RightsModule {}
