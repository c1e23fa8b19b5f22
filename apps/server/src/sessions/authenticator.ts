import type { IncomingHttpHeaders } from 'node:http';
import { Failure } from '@gantry/base';
import { Injectable } from '@nestjs/common';
import { isLoopback } from '../config.ts';
import { Settings } from '../settings/settings.ts';
import { type SessionCookie, sessionCookie } from './cookie.ts';
import { Credentials } from './credentials.ts';
import type { Principal } from './principal.ts';
import { SignInPolicyService } from './sign-in-policy.service.ts';

/** What is known of a request before anything of it is believed. */
export interface Approach {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

const seenInClear = 'this token came over http, where others can read it, and is good no more: make another and use https';

/** Says who is behind a request, alike for REST, sockets and the engine door. */
@Injectable()
export class Authenticator {
  readonly cookie: SessionCookie;

  constructor(
    private readonly settings: Settings,
    private readonly credentials: Credentials,
    private readonly policy: SignInPolicyService,
  ) {
    this.cookie = sessionCookie(settings.isSecure);
  }

  /** As `whoever`, but `forbidden` (`details.needs`: `second-factor`) for somebody who has to set up a second factor before anything else. */
  async principal(approach: Approach, strictness: 'lax' | 'strict' = 'lax'): Promise<Principal | undefined> {
    const principal = await this.whoever(approach, strictness);
    if (principal) this.insistOnSecondFactor(principal);
    return principal;
  }

  /**
   * `forbidden` (`details.needs`: `proof`) where the last proof is more than ten minutes old. Where something to prove with is set up (`enrols`), and there is
   * none yet, it is enough to have just signed in: whoever comes by a provider that says nothing of a proof could never begin otherwise.
   */
  async insistOnProof(principal: Principal, { enrols }: { readonly enrols?: true } = {}): Promise<void> {
    if (this.credentials.isProven(principal)) return;
    if (enrols && (await this.credentials.mayEnrol(principal))) return;
    throw new Failure('forbidden', 'prove first that it is you: it was more than ten minutes ago', { details: { needs: 'proof' } });
  }

  insistOnSecondFactor(principal: Principal): void {
    if (!this.policy.isLackingSecondFactor(principal)) return;
    throw new Failure('forbidden', 'set up a second factor first: your role demands one', { details: { needs: 'second-factor' } });
  }

  /**
   * Whoever the token or the cookie belongs to; undefined for a request without a good one. A request with a token of ours is judged by that alone; what
   * else stands in an Authorization header is for a proxy in front. `forbidden` where a cookie comes with a request that another site may have made: a strict one (a socket, the engine door) or one that changes
   * something needs the exact Origin. `unauthenticated` for a token that came in the clear: it is revoked.
   */
  async whoever(approach: Approach, strictness: 'lax' | 'strict' = 'lax'): Promise<Principal | undefined> {
    const { authorization, cookie } = approach.headers;
    const bearer = tokenIn(authorization);
    if (bearer !== undefined) return this.#byToken(approach, bearer);
    const token = this.cookie.read(cookie);
    if (token === undefined) return undefined;
    this.refuseForeign(approach, strictness);
    return this.credentials.ofSession(token);
  }

  /** Fails with `forbidden` where the request carries another origin than our own, or none although it must. */
  refuseForeign({ method, headers }: Approach, strictness: 'lax' | 'strict' | 'if-named'): void {
    const { origin } = headers;
    if (origin !== undefined && this.#isOwn(origin, headers.host)) return;
    if (origin !== undefined) throw new Failure('forbidden', `origin ${origin} is not this server's`);
    if (strictness === 'if-named') return;
    const site = headers['sec-fetch-site'];
    const isRead = method === 'GET' || method === 'HEAD';
    // Browsers send no Origin with a same-origin read; they say the same with a header that no page can set.
    if (isRead && site === 'same-origin' && headers.upgrade === undefined) return;
    if (isRead && strictness === 'lax' && (site === undefined || site === 'none')) return;
    throw new Failure('forbidden', 'the request does not say from which page it comes: an Origin header is needed');
  }

  /** The address of the caller: behind a proxy what its last hop says, else the peer of the connection. */
  address({ headers, socket }: Pick<Approach, 'headers' | 'socket'>): string {
    const peer = this.peerOf(socket);
    if (!this.settings.config.behindProxy) return peer;
    return (
      String(headers['x-forwarded-for'] ?? '')
        .split(',')
        .at(-1)
        ?.trim() || peer
    );
  }

  /** The address of whoever is at the other end of the connection. */
  peerOf({ remoteAddress = '' }: Approach['socket']): string {
    return remoteAddress.replace(/^::ffff:/, '');
  }

  /** Of a request that came without TLS where TLS is spoken: a token of ours in it is revoked, unless it never left this machine. What to say to that. */
  async hearInClear(authorization: string, socket: Approach['socket']): Promise<string | undefined> {
    const [token, address] = [tokenIn(authorization), this.peerOf(socket)];
    if (token === undefined || isLoopback(address)) return undefined;
    await this.credentials.revokeSeenInClear(token, address);
    return seenInClear;
  }

  async #byToken(approach: Approach, token: string): Promise<Principal | undefined> {
    const address = this.address(approach);
    if (!this.#isInClear(approach, address)) return this.credentials.ofApiToken(token, address);
    await this.credentials.revokeSeenInClear(token, address);
    throw new Failure('unauthenticated', seenInClear);
  }

  /** Whether the request came over a connection that others can read: as the proxy in front says, else by what is served here. */
  #isInClear({ headers }: Approach, address: string): boolean {
    if (isLoopback(address)) return false;
    const { tls, behindProxy } = this.settings.config;
    if (!behindProxy) return !tls;
    const said = String(headers['x-forwarded-proto'] ?? '')
      .split(',')
      .at(-1)
      ?.trim()
      .toLowerCase();
    return said ? said !== 'https' : !this.settings.isSecure;
  }

  #isOwn(origin: string, host: string | undefined): boolean {
    const { url, behindProxy, tls } = this.settings.config;
    if (url !== undefined && origin === url) return true;
    return !behindProxy && host !== undefined && origin === `${tls ? 'https' : 'http'}://${host.toLowerCase()}`;
  }
}

/** A token of ours in an Authorization field; what else stands there is for somebody else. */
function tokenIn(authorization: string | undefined): string | undefined {
  return /^Bearer +(gantry_.*)$/i.exec(authorization ?? '')?.[1]?.trim();
}
