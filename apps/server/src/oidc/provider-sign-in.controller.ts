import { Failure } from '@gantry/base';
import { beginProviderSignIn, enterWithCode, finishProviderSignIn, type Me } from '@gantry/contract';
import { Controller, Logger, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import { ProviderDoorstep } from './provider-doorstep.ts';
import type { Outcome } from './provider-entrance.service.ts';
import { ProviderSignInService } from './provider-sign-in.service.ts';
import { reasonOf } from './refusals.ts';

@Controller()
export class ProviderSignInController {
  readonly #log = new Logger('sign-in');

  constructor(
    private readonly signIn: ProviderSignInService,
    private readonly doorstep: ProviderDoorstep,
  ) {}

  @Answers(beginProviderSignIn)
  async begin(
    @Input() { params, body }: InputOf<typeof beginProviderSignIn>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<{ url: string }> {
    const here = this.doorstep.hereOf(request, params.providerKey);
    const purpose = { kind: 'enter', next: body.next ?? '/', isFresh: body.isFresh === true } as const;
    const { url, ticket } = await this.signIn.begin(params.providerKey, purpose, here);
    this.doorstep.giveTicket(ticket, response);
    return { url };
  }

  /** A person looks at what comes: whatever goes wrong leads to the login page, which says it. */
  @Answers(finishProviderSignIn)
  async finish(
    @Input() { params }: InputOf<typeof finishProviderSignIn>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { search: query } = new URL(request.originalUrl, 'http://here');
    const ticket = this.doorstep.ticketOf(request);
    this.doorstep.takeTicket(response);
    try {
      const outcome = await this.signIn.finish(params.providerKey, { query, ticket }, this.doorstep.originOf(request));
      response.redirect(303, this.#welcome(outcome, response));
    } catch (thrown) {
      const reason = reasonOf(thrown);
      const { message, details } = Failure.from(thrown);
      if (reason === 'failed') this.#log.error(`${params.providerKey}: ${message}`, (thrown as Error).stack);
      const page = details['isConnecting'] === true ? '/account' : '/login';
      response.redirect(303, `${page}?${new URLSearchParams({ refused: reason, with: params.providerKey }).toString()}`);
    }
  }

  @Answers(enterWithCode)
  async enterWithCode(
    @Input() { body }: InputOf<typeof enterWithCode>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<{ me: Me; next: string }> {
    const ticket = this.doorstep.ticketOf(request);
    const { token, me, next } = await this.signIn.enterWithCode(ticket, body.code, this.doorstep.originOf(request));
    this.doorstep.takeTicket(response);
    this.doorstep.bring(token, response);
    return { me, next };
  }

  /** Where the browser goes on. */
  #welcome(outcome: Outcome, response: Response): string {
    switch (outcome.kind) {
      case 'in':
        this.doorstep.bring(outcome.token, response);
        return outcome.next;
      case 'code':
        this.doorstep.giveTicket(outcome.ticket, response);
        return `/login?${new URLSearchParams({ code: outcome.name }).toString()}`;
      case 'connected':
        return '/account';
    }
  }
}
