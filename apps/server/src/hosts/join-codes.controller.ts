import { createJoinCode, type JoinCode, listJoinCodes, type NewJoinCode, revokeJoinCode } from '@gantry/contract';
import { Controller, Req } from '@nestjs/common';
import type { Request } from 'express';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { JoinCodesService } from './join-codes.service.ts';

@Controller()
export class JoinCodesController {
  constructor(private readonly codes: JoinCodesService) {}

  @Answers(listJoinCodes)
  list(): Promise<JoinCode[]> {
    return this.codes.list();
  }

  @Answers(createJoinCode)
  create(
    @Input() { body }: InputOf<typeof createJoinCode>,
    @Req() request: Request,
    @CurrentPrincipal() principal: Principal,
  ): Promise<NewJoinCode> {
    // The guard has let the origin through: it is this server, as the browser reaches it.
    const origin = request.headers.origin ?? `${request.protocol}://${request.headers.host ?? 'localhost'}`;
    return this.codes.create(body, origin, principal);
  }

  @Answers(revokeJoinCode)
  revoke(@Input() { params }: InputOf<typeof revokeJoinCode>): Promise<void> {
    return this.codes.revoke(params.codeId);
  }
}
