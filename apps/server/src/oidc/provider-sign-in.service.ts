import { Failure } from '@gantry/base';
import type { RefusalReason } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import type { Origin } from '../people/entrance.service.ts';
import { recentMs } from '../sessions/sessions.service.ts';
import { ArrivalsService } from './arrivals.service.ts';
import { type Arrival, provenAt, showsTwoFactors } from './claims.ts';
import { type Outcome, ProviderEntranceService } from './provider-entrance.service.ts';
import { ProviderFlows, type Purpose } from './provider-flows.ts';
import type { StoredProvider } from './providers.store.ts';

type Came = Awaited<ReturnType<ProviderFlows['end']>>;

/** Signing in with a provider, and connecting one's account with it. */
@Injectable()
export class ProviderSignInService {
  constructor(
    private readonly flows: ProviderFlows,
    private readonly arrivals: ArrivalsService,
    private readonly entrance: ProviderEntranceService,
  ) {}

  /** See `ProviderFlows.begin`. */
  begin(providerKey: string, purpose: Purpose, here: { returnAddress: string; address: string }): Promise<{ url: string; ticket: string }> {
    return this.flows.begin(providerKey, purpose, here);
  }

  /** `unauthenticated` with a reason, and `isConnecting` for somebody who is signed in already; `exhausted` after too many tries. A ticket is good once. */
  finish(providerKey: string, { query, ticket }: { query: string; ticket: string | undefined }, from: Origin): Promise<Outcome> {
    const flow = this.flows.take(ticket);
    return this.entrance.trying(providerKey, from, async () => {
      try {
        const found = await this.flows.end(providerKey, flow, query);
        return await (found.purpose.kind === 'connect'
          ? this.#connect(found, found.purpose, from)
          : this.#enter(found, found.purpose, from));
      } catch (thrown) {
        throw flow?.purpose.kind === 'connect' ? whileConnecting(thrown) : thrown;
      }
    });
  }

  /** See `ProviderEntranceService.enterWithCode`. */
  enterWithCode(ticket: string | undefined, code: string, from: Origin): ReturnType<ProviderEntranceService['enterWithCode']> {
    return this.entrance.enterWithCode(ticket, code, from);
  }

  async #enter({ provider: asked, arrival }: Came, purpose: Extract<Purpose, { kind: 'enter' }>, from: Origin): Promise<Outcome> {
    const { user, connected, provider, rights } = await this.arrivals.receive(asked, arrival);
    const details = { subject: arrival.subject, ...(connected === undefined ? {} : { connected }), ...rights };
    // At once, for it is done, whether or not they get in after that.
    if (connected !== undefined || Object.keys(rights).length > 0)
      await this.entrance.note('applyProviderGroups', user, { providerKey: provider.key, from, details });
    const isVouchedFor = vouches(provider, arrival);
    const proven = provenAt(arrival);
    const next = purpose.isFresh && isLongAgo(proven) ? unproven(provider) : purpose.next;
    return this.entrance.enter(user, { providerKey: provider.key, from, next, details, isVouchedFor, provenAt: proven });
  }

  async #connect({ provider, arrival }: Came, purpose: Extract<Purpose, { kind: 'connect' }>, from: Origin): Promise<Outcome> {
    const rights = await this.arrivals.connect(provider, arrival, purpose);
    const details = { subject: arrival.subject, ...rights };
    await this.entrance.note('connectIdentity', { id: purpose.userId, name: purpose.name }, { providerKey: provider.key, from, details });
    return { kind: 'connected' };
  }
}

function vouches({ secondFactor }: StoredProvider, arrival: Arrival): boolean {
  return secondFactor === 'always' || (secondFactor === 'amr' && showsTwoFactors(arrival));
}

function isLongAgo(at: Date): boolean {
  return Date.now() - at.getTime() >= recentMs;
}

/** They are in, and have not proven what they were sent there for: the account page says so. */
function unproven({ key }: StoredProvider): string {
  return `/account?${new URLSearchParams({ refused: 'no-proof' satisfies RefusalReason, with: key }).toString()}`;
}

function whileConnecting(thrown: unknown): Failure {
  const { code, message, details } = Failure.from(thrown);
  return new Failure(code, message, { cause: thrown, details: { ...details, isConnecting: true } });
}
