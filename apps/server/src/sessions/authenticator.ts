import type { IncomingHttpHeaders } from 'node:http';
import { Failure } from '@gantry/base';
import { Injectable } from '@nestjs/common';
import { Settings } from '../settings/settings.ts';
import { type SessionCookie, sessionCookie } from './cookie.ts';
import type { Principal } from './principal.ts';
import { SessionsService } from './sessions.service.ts';

/** What is known of a request before anything of it is believed. */
export interface Approach {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** Says who is behind a request, alike for REST, sockets and the engine door. */
@Injectable()
export class Authenticator {
  readonly cookie: SessionCookie;

  constructor(
    private readonly settings: Settings,
    private readonly sessions: SessionsService,
  ) {
    this.cookie = sessionCookie(settings.isSecure);
  }

  /**
   * Whoever the cookie belongs to; undefined for a request without a good one. `forbidden` where the cookie comes with a request that
   * another site may have made: a strict one (a socket, the engine door) or one that changes something needs the exact Origin.
   */
  async principal(approach: Approach, strictness: 'lax' | 'strict' = 'lax'): Promise<Principal | undefined> {
    const token = this.cookie.read(approach.headers.cookie);
    if (token === undefined) return undefined;
    this.refuseForeign(approach, strictness);
    return this.sessions.find(token);
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
    const peer = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    if (!this.settings.config.behindProxy) return peer;
    return (
      String(headers['x-forwarded-for'] ?? '')
        .split(',')
        .at(-1)
        ?.trim() || peer
    );
  }

  #isOwn(origin: string, host: string | undefined): boolean {
    const { url, behindProxy, tls } = this.settings.config;
    if (url !== undefined && origin === url) return true;
    return !behindProxy && host !== undefined && origin === `${tls ? 'https' : 'http'}://${host.toLowerCase()}`;
  }
}
