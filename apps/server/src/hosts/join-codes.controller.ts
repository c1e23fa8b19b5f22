import { createJoinCode, type JoinCode, listJoinCodes, type NewJoinCode, revokeJoinCode } from '@gantry/contract';
import { Controller, Req } from '@nestjs/common';
import type { Request } from 'express';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import { JoinCodesService } from './join-codes.service.ts';

@Controller()
export class JoinCodesController {
  constructor(private readonly codes: JoinCodesService) {}

  @Answers(listJoinCodes)
  list(): Promise<JoinCode[]> {
    return this.codes.list();
  }

  @Answers(createJoinCode)
  create(@Input() { body }: InputOf<typeof createJoinCode>, @Req() request: Request): Promise<NewJoinCode> {
    // The guard has let the origin through: it is this server, as the browser reaches it.
    return this.codes.create(body, request.headers.origin ?? `${request.protocol}://${request.headers.host ?? 'localhost'}`);
  }

  @Answers(revokeJoinCode)
  revoke(@Input() { params }: InputOf<typeof revokeJoinCode>): Promise<void> {
    return this.codes.revoke(params.codeId);
  }
}
