import {
  type ApiToken,
  createOwnToken,
  createServiceToken,
  listOwnTokens,
  listTokens,
  type NewApiToken,
  revokeOwnToken,
  revokeToken,
} from '@gantry/contract';
import { Controller } from '@nestjs/common';
import { CurrentPrincipal } from '../../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../../http/contract-row.ts';
import type { Principal } from '../../sessions/principal.ts';
import { TokensDeskService } from './tokens-desk.service.ts';

@Controller()
export class TokensController {
  constructor(private readonly desk: TokensDeskService) {}

  @Answers(listOwnTokens)
  listOwn(@CurrentPrincipal() { userId }: Principal): Promise<ApiToken[]> {
    return this.desk.list(userId);
  }

  @Answers(createOwnToken)
  makeOwn(@CurrentPrincipal() principal: Principal, @Input() { body }: InputOf<typeof createOwnToken>): Promise<NewApiToken> {
    return this.desk.makeOwn(principal, body);
  }

  @Answers(revokeOwnToken)
  revokeOwn(@CurrentPrincipal() { userId }: Principal, @Input() { params }: InputOf<typeof revokeOwnToken>): Promise<void> {
    return this.desk.revoke(params.tokenId, userId);
  }

  @Answers(listTokens)
  list(): Promise<ApiToken[]> {
    return this.desk.list();
  }

  @Answers(createServiceToken)
  makeForService(
    @CurrentPrincipal() principal: Principal,
    @Input() { params, body }: InputOf<typeof createServiceToken>,
  ): Promise<NewApiToken> {
    return this.desk.makeForService(principal, params.userId, body);
  }

  @Answers(revokeToken)
  revoke(@Input() { params }: InputOf<typeof revokeToken>): Promise<void> {
    return this.desk.revoke(params.tokenId);
  }
}
