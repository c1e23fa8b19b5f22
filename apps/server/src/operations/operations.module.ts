import { Module } from '@nestjs/common';
import { ApiDescription } from './api-description.ts';
import { ApiDocsController } from './api-docs.controller.ts';
import { InstallationStore } from './installation.store.ts';
import { Metrics } from './metrics.ts';
import { OperationsController } from './operations.controller.ts';
import { OperationsService } from './operations.service.ts';

@Module({
  controllers: [OperationsController, ApiDocsController],
  providers: [ApiDescription, InstallationStore, Metrics, OperationsService],
  exports: [ApiDescription, InstallationStore, Metrics],
})
export class OperationsModule {}
