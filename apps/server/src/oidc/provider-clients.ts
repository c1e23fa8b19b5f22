import { Failure } from '@gantry/base';
import { Injectable } from '@nestjs/common';
import * as client from 'openid-client';
import type { SealedPlace } from '../secrets/sealer.ts';
import { Settings } from '../settings/settings.ts';
import type { Arrival, Claims } from './claims.ts';
import { providerFetch } from './provider-fetch.ts';
import type { StoredProvider } from './providers.store.ts';
import { refuse, refuseAnswer } from './refusals.ts';

interface Known {
  readonly fingerprint: string;
  readonly readAtMs: number;
  readonly configuration: Promise<client.Configuration>;
}

/** What was begun, and what has to come back. */
export interface Expected {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly returnAddress: string;
}

/** How a browser is sent there. */
export interface Sending {
  readonly returnAddress: string;
  /** The provider is to ask who it is, also where it knows. */
  readonly isFresh: boolean;
}

/** What a provider is asked for beside the usual. */
export interface Wish {
  /** Claims that are needed; where the token lacks one the provider is asked for more. */
  readonly claims: readonly string[];
}

const timeoutSeconds = 5;
/** Who names an age is told when somebody proved there who they are (OpenID Connect Core 2): this one is longer than any session here, so that nobody is asked again for it. */
const oldestSignInSeconds = 30 * 24 * 3_600;
/** A description is read again after an hour, keys after five minutes. */
const descriptionLifeMs = 3_600_000;

/** Speaks with providers: authorization code with PKCE, state and nonce; the signature of each token is checked with the provider's keys. */
@Injectable()
export class ProviderClients {
  readonly #known = new Map<string, Known>();

  constructor(private readonly settings: Settings) {}

  seal(secret: string, key: string): Uint8Array<ArrayBuffer> {
    return this.settings.keys.sealer.seal(Buffer.from(secret), placeOf(key));
  }

  /** Asks for the description anew. `unavailable`, in one sentence, where it does not answer or is not of this issuer. */
  async check(provider: StoredProvider): Promise<void> {
    this.#known.delete(provider.key);
    await this.#configurationOf(provider);
  }

  /** Where the browser goes to sign in. `unavailable` where the provider does not answer. */
  async begin(provider: StoredProvider, { returnAddress, isFresh }: Sending): Promise<{ url: string; expected: Expected }> {
    const configuration = await this.#configurationOf(provider);
    const expected = { state: client.randomState(), nonce: client.randomNonce(), verifier: client.randomPKCECodeVerifier(), returnAddress };
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: returnAddress,
      scope: [...new Set(['openid', ...provider.scopes])].join(' '),
      state: expected.state,
      nonce: expected.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(expected.verifier),
      code_challenge_method: 'S256',
      ...(isFresh ? { prompt: 'login', max_age: '0' } : { max_age: String(oldestSignInSeconds) }),
      claims: JSON.stringify({ id_token: { auth_time: { essential: true } } }),
    });
    return { url: url.href, expected };
  }

  /** Turns what came back into who it is. `unauthenticated` with the reason where anything is not as it must be. */
  async finish(provider: StoredProvider, expected: Expected, { query, claims }: { query: string } & Wish): Promise<Arrival> {
    const configuration = await this.#configurationOf(provider);
    try {
      const address = new URL(expected.returnAddress);
      address.search = query;
      const tokens = await client.authorizationCodeGrant(configuration, address, {
        expectedState: expected.state,
        expectedNonce: expected.nonce,
        pkceCodeVerifier: expected.verifier,
        idTokenExpected: true,
      });
      const idToken = tokens.claims();
      if (!idToken) refuse('wrong-answer', 'the provider sent no token that says who it is');
      const needsMore = claims.some((claim) => !(claim in idToken)) && configuration.serverMetadata().userinfo_endpoint !== undefined;
      const userInfo: Claims = needsMore ? { ...(await client.fetchUserInfo(configuration, tokens.access_token, idToken.sub)) } : {};
      return { issuer: idToken.iss, subject: idToken.sub, idToken: { ...idToken }, userInfo };
    } catch (thrown) {
      refuseAnswer(thrown);
    }
  }

  async #configurationOf(provider: StoredProvider): Promise<client.Configuration> {
    const { key, issuer, clientId, clientSecret } = provider;
    const fingerprint = JSON.stringify([issuer, clientId, clientSecret && Buffer.from(clientSecret).toString('base64')]);
    const known = this.#known.get(key);
    const isGood = known?.fingerprint === fingerprint && Date.now() - known.readAtMs < descriptionLifeMs;
    const current = isGood ? known : { fingerprint, readAtMs: Date.now(), configuration: this.#discover(provider) };
    this.#known.set(key, current);
    try {
      return await current.configuration;
    } catch (thrown) {
      if (this.#known.get(key) === current) this.#known.delete(key);
      throw asUnavailable(provider, thrown);
    }
  }

  async #discover({ key, issuer, clientId, clientSecret }: StoredProvider): Promise<client.Configuration> {
    const address = new URL(issuer);
    const secret = clientSecret === null ? undefined : this.settings.keys.sealer.open(clientSecret, placeOf(key)).toString();
    const isPlain = address.protocol === 'http:';
    return client.discovery(address, clientId, secret, secret === undefined ? client.None() : authentication(secret), {
      [client.customFetch]: providerFetch,
      timeout: timeoutSeconds,
      execute: [client.enableNonRepudiationChecks, ...(isPlain ? [client.allowInsecureRequests] : [])],
    });
  }
}

/** In the header where the provider takes it there, as every one that names no way has to; else in the body. */
function authentication(secret: string): client.ClientAuth {
  const [basic, post] = [client.ClientSecretBasic(secret), client.ClientSecretPost(secret)];
  return (server, ...rest) => {
    const ways = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (ways.includes('client_secret_basic') ? basic : post)(server, ...rest);
  };
}

function asUnavailable({ name, issuer }: StoredProvider, thrown: unknown): Failure {
  const { code, message } = failureIn(thrown);
  if (code === 'internal') return new Failure('internal', message, { cause: thrown });
  const why = message.replace(/^the provider cannot be reached: /, '');
  return new Failure('unavailable', `${name} does not answer as a provider at ${issuer}: ${why}`, { cause: thrown });
}

function failureIn(thrown: unknown): Failure {
  try {
    refuseAnswer(thrown);
  } catch (failure) {
    return Failure.from(failure);
  }
}

function placeOf(key: string): SealedPlace {
  return { table: 'IdentityProvider', id: key, field: 'clientSecret' };
}
