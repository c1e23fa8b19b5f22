import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import type { Reference } from '../reference/reference.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { type Endpoint, endpointsOf } from './endpoints.ts';
import { cancelled, type HttpAnswer, type HttpRequest, send, type Trust } from './http-request.ts';
import { registryFailure } from './registry-error.ts';
import type { Credentials, RegistrySettings } from './settings.ts';
import { basic, fetchToken, type Token } from './token-service.ts';

export interface Call {
  readonly method: 'GET' | 'HEAD';
  /** Below the registry's base: `v2/library/alpine/manifests/3`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** As `repository:library/alpine:pull`. */
  readonly scope: string;
  readonly signal: AbortSignal;
}

/** Who asks, and until when. */
export interface RegistryCaller {
  readonly credentials?: Credentials | undefined;
  readonly signal: AbortSignal;
}

const mostRedirects = 10;
const mostAttempts = 5;
const firstWaitMs = 500;
const longestWaitMs = 60_000;

/** The registries that a host pulls from: connections are kept and shared between pulls. */
export class Registries implements Disposable {
  readonly settings: RegistrySettings;
  readonly #agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };

  constructor(settings: RegistrySettings) {
    this.settings = settings;
  }

  /**
   * The registry of an image, found by asking its places in turn: the first that answers. Fails with what the last one said; certificates
   * that are not believed are never answered by asking over plain http, unless the registry is configured as insecure.
   */
  async open(reference: Reference, caller: RegistryCaller): Promise<Registry> {
    for await (const registry of this.places(reference, caller)) return registry;
    throw new Failure('internal', `no place is known for ${reference.domain}`);
  }

  /** As `open`, and behind each mirror that answers the next place, since a mirror need not have every image. */
  async *places(reference: Reference, { credentials, signal }: RegistryCaller): AsyncGenerator<Registry, void, undefined> {
    let failure: unknown;
    for (const endpoint of await endpointsOf(reference, this.settings)) {
      try {
        yield await this.#ask(endpoint, endpoint.isMirror ? undefined : credentials, signal);
        if (!endpoint.isMirror) return;
      } catch (thrown) {
        if (signal.aborted) throw cancelled(signal);
        failure = thrown;
      }
    }
    throw failure;
  }

  /** Connections that are in use go on to their end. */
  [Symbol.dispose](): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  async #ask(endpoint: Endpoint, credentials: Credentials | undefined, signal: AbortSignal): Promise<Registry> {
    const secureContext = await this.settings.trust(endpoint.base.host);
    const trust = { isUnchecked: endpoint.isInsecure, ...(secureContext === undefined ? {} : { secureContext }) };
    const registry = new Registry({ endpoint, trust, credentials, agents: this.#agents, settings: this.settings });
    await registry.ping(signal);
    return registry;
  }
}

interface Parts {
  readonly endpoint: Endpoint;
  readonly trust: Trust;
  readonly credentials: Credentials | undefined;
  readonly agents: HttpRequest['agents'];
  readonly settings: RegistrySettings;
}

/** One registry at one address, for one caller. */
export class Registry {
  readonly #parts: Parts;
  readonly #tokens = new Map<string, Token>();
  #challenges: readonly Challenge[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get isMirror(): boolean {
    return this.#parts.endpoint.isMirror;
  }

  /** Learns what the registry wants to see. Fails with `unavailable` where none answers there. */
  async ping(signal: AbortSignal): Promise<void> {
    const answer = await this.#send(this.#url('v2/'), { method: 'GET', headers: {}, isForeign: false, signal });
    answer.body.resume();
    if (answer.status === 401) this.#challenges = parseChallenges(answer.headers['www-authenticate'] ?? '');
    else if (answer.status >= 500) throw await registryFailure(answer);
  }

  /** Whether the registry takes these credentials. Fails with `unauthenticated` where it does not; answers its identity token, or ''. */
  async login(signal: AbortSignal): Promise<string> {
    if (this.#challenges.some(({ scheme }) => scheme === 'bearer')) return (await this.#token('', signal)).identityToken;
    const answer = await this.call({ method: 'GET', path: 'v2/', headers: {}, scope: '', signal });
    answer.body.resume();
    if (answer.status === 200) return '';
    throw new Failure('unauthenticated', `login attempt to ${this.#url('v2/').href} failed with status: ${answer.status}`);
  }

  /**
   * Asks the registry: with the credentials that it wants to see, redirects followed without them, and again after a while where the
   * connection fails or it says that it has too much to do. The answer's body is the caller's to read. Fails with `unavailable`.
   */
  async call(call: Call): Promise<HttpAnswer> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.#authorized(call);
        if (attempt === mostAttempts || !(answer.status === 429 || answer.status >= 500)) return answer;
        answer.body.resume();
        await this.pause(attempt, call.signal, Number(answer.headers['retry-after']));
      } catch (thrown) {
        const failure = Failure.from(thrown);
        if (failure.code !== 'unavailable' || attempt === mostAttempts || call.signal.aborted) throw failure;
        await this.pause(attempt, call.signal);
      }
    }
  }

  /** Waits before the next attempt; doubling, or as long as the registry asks for, a minute at most. */
  async pause(attempt: number, signal: AbortSignal, askedSeconds = NaN): Promise<void> {
    const ownMs = (this.#parts.settings.retryAfterMs ?? firstWaitMs) * 2 ** (attempt - 1);
    const waitMs = Number.isFinite(askedSeconds) ? Math.max(askedSeconds * 1000, ownMs) : ownMs;
    await wait(Math.min(waitMs, longestWaitMs), undefined, { signal }).catch(() => {
      throw cancelled(signal);
    });
  }

  async #authorized(call: Call): Promise<HttpAnswer> {
    const answer = await this.#following(call);
    if (answer.status !== 401) return answer;
    const challenges = parseChallenges(answer.headers['www-authenticate'] ?? '');
    if (challenges.length === 0) return answer;
    this.#challenges = challenges;
    const isStale = this.#tokens.delete(call.scope);
    if (!isStale && !this.#hasBearer() && this.#parts.credentials === undefined) return answer;
    answer.body.resume();
    return this.#following(call);
  }

  async #following(call: Call): Promise<HttpAnswer> {
    let url = this.#url(call.path);
    const authorization = await this.#authorization(call);
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const isOwn = url.origin === this.#parts.endpoint.base.origin;
      const headers = { ...call.headers, ...(isOwn && authorization !== undefined ? { authorization } : {}) };
      const answer = await this.#send(url, { method: call.method, headers, isForeign: !isOwn, signal: call.signal });
      const location = answer.headers.location;
      if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
      answer.body.resume();
      const next = new URL(location, url);
      if (next.protocol !== 'https:' && (url.protocol === 'https:' || next.protocol !== 'http:')) {
        throw new Failure('forbidden', `the registry leads from ${url.origin} to ${next.protocol}//${next.host}`);
      }
      url = next;
    }
    throw new Failure('unavailable', `Get "${this.#url(call.path).href}": stopped after ${mostRedirects} redirects`);
  }

  async #authorization({ scope, signal }: Call): Promise<string | undefined> {
    if (this.#hasBearer()) return `Bearer ${(await this.#token(scope, signal)).text}`;
    const { credentials } = this.#parts;
    const isAsked = this.#challenges.some(({ scheme }) => scheme === 'basic');
    return isAsked && credentials !== undefined ? basic(credentials) : undefined;
  }

  #hasBearer(): boolean {
    return this.#challenges.some(({ scheme }) => scheme === 'bearer');
  }

  async #token(scope: string, signal: AbortSignal): Promise<Token> {
    const known = this.#tokens.get(scope);
    if (known !== undefined && known.expiresAtMs > Date.now()) return known;
    const challenge = this.#challenges.find(({ scheme }) => scheme === 'bearer');
    if (challenge === undefined) throw new Failure('internal', 'the registry asked for no token');
    const { endpoint, credentials } = this.#parts;
    const token = await fetchToken({
      challenge,
      scope,
      credentials,
      isInsecure: endpoint.isInsecure,
      send: (url, options) => this.#send(url, { ...options, isForeign: url.hostname !== endpoint.base.hostname, signal }),
    });
    this.#tokens.set(scope, token);
    return token;
  }

  #send(url: URL, options: Omit<HttpRequest, 'agents' | 'trust'>): Promise<HttpAnswer> {
    const { trust, agents, settings, endpoint } = this.#parts;
    // Certificates of this registry are for this registry: whoever it leads to is believed as anybody else.
    const isOwn = url.host === endpoint.base.host;
    const headers = { 'user-agent': settings.userAgent, ...options.headers };
    return send(url, { ...options, headers, agents, trust: isOwn ? trust : { ...trust, isUnchecked: endpoint.isInsecure } });
  }

  #url(path: string): URL {
    return new URL(path, this.#parts.endpoint.base);
  }
}
