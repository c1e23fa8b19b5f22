import { createHash } from 'node:crypto';
import { UserName } from '@gantry/contract';

/** What a provider says of somebody, as it came; the signature is good, the values are whatever they are. */
export type Claims = Readonly<Record<string, unknown>>;

/** Somebody whom a provider sent back, and who they are there. */
export interface Arrival {
  readonly issuer: string;
  readonly subject: string;
  /** Of the signed token. */
  readonly idToken: Claims;
  /** What was asked for besides; empty where the token had all. */
  readonly userInfo: Claims;
}

export interface EmailClaim {
  /** Lower case; undefined where the provider names none. */
  readonly address: string | undefined;
  readonly isVerified: boolean;
}

const mostGroups = 1_000;
const longestGroup = 256;
const longestAddress = 254;

/** Address and whether it was verified, both from the one source that names it. Only a plain `true` is a yes. */
export function emailOf({ idToken, userInfo }: Arrival): EmailClaim {
  const source = 'email' in idToken ? idToken : userInfo;
  const { email, email_verified: isVerified } = source;
  const address =
    typeof email === 'string' && email.length <= longestAddress && /^[^\s@]+@[^\s@]+$/.test(email) ? email.toLowerCase() : undefined;
  return { address, isVerified: address !== undefined && isVerified === true };
}

/**
 * When somebody proved to the provider who they are: it may let them through on a session of long ago. How long before the token that was, is told by one clock.
 * Where the signed token does not say, nobody knows of any proof, and it counts as none.
 */
export function provenAt({ idToken }: Pick<Arrival, 'idToken'>, now = Date.now()): Date {
  const { auth_time: proven, iat: issued } = idToken;
  if (!Number.isFinite(proven) || !Number.isFinite(issued)) return new Date(0);
  return new Date(Math.max(0, now - 1000 * Math.max(0, (issued as number) - (proven as number))));
}

/** The groups of somebody; none where the claim is missing or no list of texts. */
export function groupsOf({ idToken, userInfo }: Arrival, claim: string): ReadonlySet<string> {
  const found = claimAt(idToken, claim) ?? claimAt(userInfo, claim);
  const list: readonly unknown[] = Array.isArray(found) ? found : [found];
  const groups = list.filter((group): group is string => typeof group === 'string' && group.length > 0 && group.length <= longestGroup);
  return new Set(groups.slice(0, mostGroups));
}

/** The claim of that very name, else the one that its dots lead to. */
export function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let found: unknown = claims;
  for (const part of name.split('.'))
    found = typeof found === 'object' && found !== null && Object.hasOwn(found, part) ? (found as Claims)[part] : undefined;
  return found;
}

const knowledge = new Set(['pwd', 'pin', 'kba']);
const others = new Set(['otp', 'hwk', 'swk', 'pop', 'sc', 'sms', 'tel', 'face', 'fpt', 'iris', 'retina', 'vbm']);

/** Whether the `amr` of a token (RFC 8176) names two factors, or says that there were. */
export function showsTwoFactors({ idToken }: Pick<Arrival, 'idToken'>): boolean {
  const amr: readonly unknown[] = Array.isArray(idToken['amr']) ? idToken['amr'] : [];
  const names = amr.filter((method) => typeof method === 'string');
  return names.includes('mfa') || (names.some((name) => knowledge.has(name)) && names.some((name) => others.has(name)));
}

/**
 * What an account of this person would be called. A name that looks like an address is taken only where it is the verified one: somebody else's must not
 * stand on an account that its owner may come to later. Where the provider names nothing that will do, it is the provider's key and a part of a hash.
 */
export function nameFor(arrival: Arrival, providerKey: string): string {
  const { idToken, userInfo, issuer, subject } = arrival;
  const { address, isVerified } = emailOf(arrival);
  const called = nameIn(idToken['preferred_username'] ?? userInfo['preferred_username']);
  if (called !== undefined && (!called.includes('@') || (isVerified && called === address))) return called;
  const last = `${providerKey.slice(0, 40)}-${createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('hex')
    .slice(0, 12)}`;
  return (isVerified ? nameIn(address) : undefined) ?? last;
}

function nameIn(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const plain = text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}._@-]+/gu, '-')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .slice(0, 64);
  return UserName.safeParse(plain).data;
}
