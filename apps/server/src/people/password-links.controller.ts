import { type DescribedLink, describePasswordLink, usePasswordLink } from '@gantry/contract';
import { Controller, Req } from '@nestjs/common';
import type { Request } from 'express';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import { Authenticator } from '../sessions/authenticator.ts';
import { PasswordLinksService } from './password-links.service.ts';

@Controller()
export class PasswordLinksController {
  constructor(
    private readonly links: PasswordLinksService,
    private readonly authenticator: Authenticator,
  ) {}

  @Answers(describePasswordLink)
  describe(@Input() { body }: InputOf<typeof describePasswordLink>, @Req() request: Request): Promise<DescribedLink> {
    return this.links.describe(body.token, this.authenticator.address(request));
  }

  @Answers(usePasswordLink)
  use(@Input() { body }: InputOf<typeof usePasswordLink>, @Req() request: Request): Promise<void> {
    return this.links.use(body, this.authenticator.address(request));
  }
}
