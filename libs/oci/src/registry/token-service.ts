import { Failure } from '@gantry/base';
import * as z from 'zod';
import { parseJson } from '../manifests/json.ts';
import type { Challenge } from './challenge.ts';
import { type HttpAnswer, type HttpRequest, readBody } from './http-request.ts';
import { registryFailure } from './registry-error.ts';
import type { Credentials } from './settings.ts';

const answerSchema = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  refresh_token: z.string().optional(),
  expires_in: z.number().optional(),
});

const longestAnswerBytes = 1024 * 1024;
const defaultLifeSeconds = 60;

export interface Token {
  readonly text: string;
  readonly expiresAtMs: number;
  readonly identityToken: string;
}

export interface TokenRequest {
  readonly challenge: Challenge;
  /** As `repository:library/alpine:pull`; '' for a login. */
  readonly scope: string;
  readonly credentials: Credentials | undefined;
  /** Whether the registry itself may be asked over plain http. */
  readonly isInsecure: boolean;
  readonly send: (url: URL, options: Pick<HttpRequest, 'method' | 'headers' | 'body'>) => Promise<HttpAnswer>;
}

/**
 * Fetches a bearer token from the service that the registry named. Credentials go there over TLS only, unless the registry is an insecure one.
 * Fails with `unauthenticated` where they are refused.
 */
export async function fetchToken(request: TokenRequest): Promise<Token> {
  const { challenge, credentials, isInsecure } = request;
  const realm = challenge.parameters.get('realm') ?? '';
  if (!URL.canParse(realm)) throw new Failure('unavailable', `the registry names ${JSON.stringify(realm)} as its token service`);
  const url = new URL(realm);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isInsecure)) {
    throw new Failure('forbidden', `the registry names the token service ${url.origin}, which is not reached over TLS`);
  }
  const isByIdentity = credentials !== undefined && credentials.identityToken !== '';
  const answer = isByIdentity ? await byIdentity(url, credentials, request) : await byPassword(url, request);
  if (answer.status !== 200) {
    const failure = await registryFailure(answer);
    throw answer.status === 401 || answer.status === 403 ? new Failure('unauthenticated', failure.message, { cause: failure }) : failure;
  }
  const parsed = parseJson(answerSchema, 'token', await readBody(answer, longestAnswerBytes));
  const text = parsed.token ?? parsed.access_token;
  if (text === undefined || text === '') throw new Failure('unavailable', `the token service ${url.origin} gave no token`);
  const lifeSeconds = Math.max(parsed.expires_in ?? defaultLifeSeconds, defaultLifeSeconds);
  return { text, expiresAtMs: Date.now() + lifeSeconds * 900, identityToken: parsed.refresh_token ?? '' };
}

async function byPassword(url: URL, { challenge, scope, credentials, send }: TokenRequest): Promise<HttpAnswer> {
  const service = challenge.parameters.get('service');
  if (service !== undefined) url.searchParams.set('service', service);
  if (scope !== '') url.searchParams.set('scope', scope);
  if (credentials === undefined || credentials.username === '') return send(url, { method: 'GET', headers: {} });
  url.searchParams.set('account', credentials.username);
  if (scope === '') url.searchParams.set('offline_token', 'true');
  return send(url, { method: 'GET', headers: { authorization: basic(credentials) } });
}

async function byIdentity(url: URL, credentials: Credentials, { challenge, scope, send }: TokenRequest): Promise<HttpAnswer> {
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: credentials.identityToken,
    service: challenge.parameters.get('service') ?? '',
    client_id: 'gantry',
    ...(scope === '' ? {} : { scope }),
  }).toString();
  return send(url, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
}

export function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
