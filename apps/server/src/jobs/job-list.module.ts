import { Module } from '@nestjs/common';
import { FleetModule } from '../fleet/fleet.module.ts';
import { Jobs } from './jobs.ts';

/** What is being done, for whoever does it or tells of it. */
@Module({ imports: [FleetModule], providers: [Jobs], exports: [Jobs] })
export class JobListModule {}
