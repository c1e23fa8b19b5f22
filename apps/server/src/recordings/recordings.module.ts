import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { RecordingFiles } from './recording-files.ts';
import { RecordingRetention } from './recording-retention.service.ts';
import { RecordingsController } from './recordings.controller.ts';
import { RecordingsService } from './recordings.service.ts';
import { RecordingsStore } from './recordings.store.ts';
import { TerminalRecorder } from './terminal-recorder.ts';

@Module({
  imports: [AuditModule, SessionsModule],
  controllers: [RecordingsController],
  providers: [RecordingFiles, RecordingRetention, RecordingsService, RecordingsStore, TerminalRecorder],
  exports: [TerminalRecorder],
})
export class RecordingsModule {}
