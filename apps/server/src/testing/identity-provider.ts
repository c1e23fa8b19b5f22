import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, {
  type Adapter,
  type AdapterPayload,
  type ClientMetadata,
  type Configuration,
  type KoaContextWithOIDC,
} from 'oidc-provider';

type Claims = Record<string, unknown>;

/** What a hostile provider does to a token before it hands it out. */
export interface Tampering {
  readonly claims?: (claims: Claims) => Claims;
  /** Before the code is exchanged. */
  readonly meanwhile?: () => Promise<unknown>;
  /** Signs with a key that is not among the published ones. */
  readonly withForeignKey?: true;
}

const lifeSeconds = 600;

export const clientSecret = 'kupfer-anker-wiese-ruder';

/** A real provider (the package oidc-provider) on loopback. It asks nobody for a password: whoever comes is the one that is set. */
export class TestProvider implements AsyncDisposable {
  readonly issuer: string;
  /** By subject. */
  readonly people = new Map<string, Claims>();
  /** Who comes next; undefined for somebody who does not agree. */
  next: string | undefined;
  tampering: Tampering | undefined;
  readonly #server: Server;
  readonly #keys = { own: newKey(), foreign: newKey() };
  readonly #provider: Provider;

  private constructor(server: Server, clientIds: Readonly<Record<string, string>>) {
    this.#server = server;
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const clients = Object.entries(clientIds).map(([id, address]): ClientMetadata => ({
      ...{ client_id: id, client_secret: clientSecret, redirect_uris: [address], id_token_signed_response_alg: 'ES256' },
    }));
    this.#provider = new Provider(this.issuer, this.#configuration(clients));
  }

  /** `clients`: the address to return to by the id of the client. */
  static async start(clients: Readonly<Record<string, string>>): Promise<TestProvider> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const provider = new TestProvider(server, clients);
    server.on('request', (request, response) => void provider.#answer(request, response));
    return provider;
  }

  /** Goes where a browser is sent to, until the provider sends it back; the address that it is sent back to. */
  async walk(url: string): Promise<URL> {
    const cookies = new Map<string, string>();
    for (let here = new URL(url), steps = 0; steps < 10; steps++) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(here, { redirect: 'manual', headers: { cookie } });
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        cookies.set(name, value);
      }
      const location = response.headers.get('location');
      if (location === null) throw new Error(`the provider answered ${response.status}: ${await response.text()}`);
      here = new URL(location, here);
      if (here.origin !== this.issuer) return here;
    }
    throw new Error('the provider sends in circles');
  }

  /** It is down from then on; a second time changes nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #configuration(clients: ClientMetadata[]): Configuration {
    const jwk = this.#keys.own.export({ format: 'jwk' });
    return {
      clients,
      jwks: { keys: [{ ...jwk, kid: 'own', use: 'sig', alg: 'ES256' }] },
      cookies: { keys: ['test'] },
      claims: { openid: ['sub'], profile: ['preferred_username'], email: ['email', 'email_verified'], groups: ['groups'] },
      scopes: ['openid', 'profile', 'email', 'groups'],
      conformIdTokenClaims: false,
      adapter: Kept,
      ttl: { AccessToken: lifeSeconds, Grant: lifeSeconds, IdToken: lifeSeconds, Interaction: lifeSeconds, Session: lifeSeconds },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...this.people.get(accountId) }) }),
      loadExistingGrant: agreed,
    };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '' } = request;
    if (url.startsWith('/interaction/')) {
      const result = this.next === undefined ? { error: 'access_denied' } : { login: { accountId: this.next } };
      await this.#provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
      return;
    }
    if (url.startsWith('/token')) await this.tampering?.meanwhile?.();
    if (url.startsWith('/token') && this.tampering) this.#tamperWith(response, this.tampering);
    await this.#provider.callback()(request, response);
  }

  /** The answer goes out with another token in the place of the one that was made. */
  #tamperWith(response: ServerResponse, tampering: Tampering): void {
    const end = response.end.bind(response) as (text: string) => ServerResponse;
    response.end = ((body?: unknown) => {
      const answer = JSON.parse(String(body)) as Claims;
      const tampered =
        typeof answer['id_token'] === 'string' ? { ...answer, id_token: this.#remake(answer['id_token'], tampering) } : answer;
      const text = JSON.stringify(tampered);
      response.setHeader('content-length', Buffer.byteLength(text));
      return end(text);
    }) as typeof response.end;
  }

  #remake(token: string, { claims = (same) => same, withForeignKey }: Tampering): string {
    const [head = '', payload = ''] = token.split('.');
    const changed = claims(JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims);
    const data = `${head}.${Buffer.from(JSON.stringify(changed)).toString('base64url')}`;
    const key = withForeignKey ? this.#keys.foreign : this.#keys.own;
    return `${data}.${sign('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }
}

/** Whoever signed in has agreed to everything. */
async function agreed({ oidc }: KoaContextWithOIDC): Promise<InstanceType<Provider['Grant']> | undefined> {
  const { client, session, provider, params } = oidc;
  const accountId = session?.accountId;
  if (!client || accountId === undefined) return undefined;
  const grant = new provider.Grant({ clientId: client.clientId, accountId });
  grant.addOIDCScope(String(params?.['scope']));
  await grant.save();
  return grant;
}

function newKey(): KeyObject {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }));
}

/** What the provider keeps, in memory; the one that comes with it says on the console that it is none for real life. */
class Kept implements Adapter {
  readonly #kept = new Map<string, AdapterPayload>();

  upsert(id: string, payload: AdapterPayload): Promise<undefined> {
    this.#kept.set(id, payload);
    return Promise.resolve(undefined);
  }

  find(id: string): Promise<AdapterPayload | undefined> {
    return Promise.resolve(this.#kept.get(id));
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return Promise.resolve([...this.#kept.values()].find((payload) => payload.uid === uid));
  }

  findByUserCode(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  consume(id: string): Promise<undefined> {
    const payload = this.#kept.get(id);
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
    return Promise.resolve(undefined);
  }

  destroy(id: string): Promise<undefined> {
    this.#kept.delete(id);
    return Promise.resolve(undefined);
  }

  revokeByGrantId(grantId: string): Promise<undefined> {
    for (const [id, payload] of this.#kept) if (payload.grantId === grantId) this.#kept.delete(id);
    return Promise.resolve(undefined);
  }
}
