import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Doorstep } from '../people/doorstep.ts';
import type { Origin } from '../people/entrance.service.ts';
import { Settings } from '../settings/settings.ts';
import { type FlowCookie, flowCookie } from './flow-cookie.ts';
import { returnAddressOf } from './return-address.ts';

/** Where people leave for a provider by HTTP and come back: their ticket, their session, and the address that the provider knows. */
@Injectable()
export class ProviderDoorstep {
  readonly #cookie: FlowCookie;

  constructor(
    private readonly doorstep: Doorstep,
    private readonly settings: Settings,
  ) {
    this.#cookie = flowCookie(settings.isSecure);
  }

  originOf(request: Request): Origin {
    return this.doorstep.originOf(request);
  }

  /** What the provider is told, and who asks. */
  hereOf(request: Request, providerKey: string): { returnAddress: string; address: string } {
    return { returnAddress: returnAddressOf(this.settings.config, request, providerKey), address: this.originOf(request).address };
  }

  ticketOf({ headers }: Request): string | undefined {
    return this.#cookie.read(headers.cookie);
  }

  giveTicket(ticket: string, response: Response): void {
    response.append('set-cookie', this.#cookie.bring(ticket));
  }

  takeTicket(response: Response): void {
    response.append('set-cookie', this.#cookie.drop());
  }

  bring(token: string, response: Response): void {
    this.doorstep.bring(token, response);
  }
}
