import {
  type AccessGrant,
  type AccessRequest,
  approveAccessRequest,
  createAccessRequest,
  declineAccessRequest,
  listAccessRequests,
  listOwnAccessRequests,
  withdrawAccessRequest,
} from '@gantry/contract';
import { Controller } from '@nestjs/common';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { AccessRequestsService } from './access-requests.service.ts';
import { CurrentPrincipal } from './current-principal.ts';

@Controller()
export class AccessRequestsController {
  constructor(private readonly requests: AccessRequestsService) {}

  @Answers(createAccessRequest)
  add(@Input() { body }: InputOf<typeof createAccessRequest>, @CurrentPrincipal() principal: Principal): Promise<AccessRequest> {
    return this.requests.add(body, principal);
  }

  @Answers(listAccessRequests)
  list(@CurrentPrincipal() principal: Principal): Promise<AccessRequest[]> {
    return this.requests.list(principal);
  }

  @Answers(listOwnAccessRequests)
  listOwn(@CurrentPrincipal() principal: Principal): Promise<AccessRequest[]> {
    return this.requests.listOwn(principal);
  }

  @Answers(withdrawAccessRequest)
  withdraw(@Input() { params }: InputOf<typeof withdrawAccessRequest>, @CurrentPrincipal() principal: Principal): Promise<void> {
    return this.requests.withdraw(params.requestId, principal);
  }

  @Answers(approveAccessRequest)
  approve(@Input() { params, body }: InputOf<typeof approveAccessRequest>, @CurrentPrincipal() principal: Principal): Promise<AccessGrant> {
    return this.requests.approve(params.requestId, body, principal);
  }

  @Answers(declineAccessRequest)
  decline(
    @Input() { params, body }: InputOf<typeof declineAccessRequest>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<AccessRequest> {
    return this.requests.decline(params.requestId, body.reason, principal);
  }
}
