import { Module } from '@nestjs/common';
import { RightsModule } from './rights.module.ts';
import { Standing } from './standing.ts';

/** What is open on the strength of somebody's rights. */
@Module({ imports: [RightsModule], providers: [Standing], exports: [Standing] })
export class StandingModule {}
