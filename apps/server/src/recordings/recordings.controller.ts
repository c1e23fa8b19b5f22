import { getRecording, listRecordings, type Recording } from '@gantry/contract';
import { Controller, Req, type StreamableFile } from '@nestjs/common';
import type { Request } from 'express';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { HeldAnswers } from '../audit/held-answers.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import { Authenticator } from '../sessions/authenticator.ts';
import type { Principal } from '../sessions/principal.ts';
import { RecordingsService } from './recordings.service.ts';

@Controller()
export class RecordingsController {
  constructor(
    private readonly recordings: RecordingsService,
    private readonly held: HeldAnswers,
    private readonly authenticator: Authenticator,
  ) {}

  @Answers(listRecordings)
  list(@Input() { query }: InputOf<typeof listRecordings>, @CurrentPrincipal() player: Principal): Promise<Recording[]> {
    const { limit, before, ...asked } = query;
    const hosts = this.held.readers.hostsOf(player, 'recording:play');
    return this.recordings.list({ ...asked, hosts, before: before === undefined ? undefined : new Date(before) }, limit);
  }

  @Answers(getRecording)
  async cast(
    @Input() { params }: InputOf<typeof getRecording>,
    @CurrentPrincipal() player: Principal,
    @Req() request: Request,
  ): Promise<StreamableFile> {
    const { hostId: host, recordingId: id } = params;
    const file = await this.recordings.play({ host, id }, player, this.authenticator.address(request));
    return this.held.answer({ stream: file }, player, () => this.held.readers.refuseLost(player, 'recording:play', [host]));
  }
}
