import { Failure } from '@gantry/base';
import { Injectable } from '@nestjs/common';
import type { Connecting } from './arrivals.service.ts';
import type { Arrival } from './claims.ts';
import { asItIsNow } from './current-provider.ts';
import { type Expected, ProviderClients } from './provider-clients.ts';
import { type StoredProvider, ProvidersStore } from './providers.store.ts';
import { refuse } from './refusals.ts';
import { Tickets } from './tickets.ts';

/** What somebody goes to a provider for. */
export type Purpose =
  | { readonly kind: 'enter'; readonly next: string; readonly isFresh?: boolean }
  | ({ readonly kind: 'connect'; readonly name: string } & Connecting);

export interface Flow {
  readonly providerKey: string;
  readonly expected: Expected;
  readonly purpose: Purpose;
}

/** Ways to a provider and back, each known by a ticket that only the browser has which began it. */
@Injectable()
export class ProviderFlows {
  readonly #flows = new Tickets<Flow>();

  constructor(
    private readonly providers: ProvidersStore,
    private readonly clients: ProviderClients,
  ) {}

  /** The address at the provider, and the ticket for the browser. `not-found` for one that is not there or is switched off, `unavailable` for one that is down. */
  async begin(
    providerKey: string,
    purpose: Purpose,
    { returnAddress, address }: { returnAddress: string; address: string },
  ): Promise<{ url: string; ticket: string }> {
    const provider = await this.providers.find(providerKey);
    if (!provider?.isEnabled) throw new Failure('not-found', `no such provider: ${providerKey}`);
    const isFresh = purpose.kind === 'enter' && purpose.isFresh === true;
    const { url, expected } = await this.clients.begin(provider, { returnAddress, isFresh });
    return { url, ticket: this.#flows.add({ providerKey, expected, purpose }, address) };
  }

  /** What was begun with the ticket, once. */
  take(ticket: string | undefined): Flow | undefined {
    return this.#flows.take(ticket);
  }

  /** Who came back. `unauthenticated` with a reason where anything is not as it must be. */
  async end(
    providerKey: string,
    flow: Flow | undefined,
    query: string,
  ): Promise<{ provider: StoredProvider; arrival: Arrival; purpose: Purpose }> {
    if (!flow) refuse('begun-elsewhere', 'nothing was begun in this browser, or too long ago, or it was used');
    if (flow.providerKey !== providerKey) refuse('wrong-issuer', `begun with ${flow.providerKey}, came back from ${providerKey}`);
    const provider = await this.providers.find(providerKey);
    if (!provider?.isEnabled) refuse('switched-off', `${providerKey} is switched off`);
    const claims = ['email', 'preferred_username', ...(mapsGroups(provider) ? [provider.groupsClaim] : [])];
    const arrival = await this.clients.finish(provider, flow.expected, { query, claims });
    return { provider: asItIsNow(await this.providers.find(providerKey), provider), arrival, purpose: flow.purpose };
  }
}

function mapsGroups({ mappings }: StoredProvider): boolean {
  return Array.isArray(mappings) && mappings.length > 0;
}
