import { Failure } from '@gantry/base';
import type { Passkey } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type { Principal } from '../../sessions/principal.ts';
import { Challenges } from './challenges.ts';
import { PasskeysStore, type StoredPasskey } from './passkeys.store.ts';
import type { RelyingParty } from './relying-party.ts';

const mostPerPerson = 20;
/** COSE: EdDSA, ES256, RS256. Named, because the library would otherwise ask Node for ones that are experimental there. */
const supportedAlgorithmIDs = [-8, -7, -257];

/** What a browser answered: not believed before it is verified. */
export type Ceremony = Readonly<Record<string, unknown>>;

/** Passkeys (WebAuthn): the key stays with the person, here is its public half. Each use needs the person's consent: a finger, a face or a PIN. */
@Injectable()
export class PasskeysService {
  readonly #challenges = new Challenges();

  constructor(private readonly store: PasskeysStore) {}

  async list(userId: string): Promise<Passkey[]> {
    return (await this.store.list(userId)).map(describe);
  }

  count(userId: string): Promise<number> {
    return this.store.count(userId);
  }

  /** What the browser's `navigator.credentials.create` takes. `exhausted` with twenty passkeys. */
  async begin({ userId, name }: Principal, party: RelyingParty): Promise<Ceremony> {
    const known = await this.store.list(userId);
    if (known.length >= mostPerPerson) throw new Failure('exhausted', `there are ${mostPerPerson} passkeys already: remove one first`);
    const options = await generateRegistrationOptions({
      rpName: 'Gantry',
      rpID: party.id,
      userName: name,
      userID: new Uint8Array(Buffer.from(userId)),
      attestationType: 'none',
      supportedAlgorithmIDs,
      excludeCredentials: known.map(({ credentialId: id, transports }) => ({ id, transports })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    this.#challenges.add(`${userId} ${options.challenge}`);
    return { ...options };
  }

  /** `invalid` for an answer to another challenge, of another origin, or without consent; `conflict` for a passkey that is known already. */
  async add({ userId }: Principal, { name, response }: { name: string; response: Ceremony }, party: RelyingParty): Promise<Passkey> {
    const { credential } = await this.#verifyNew(userId, response, party);
    const { id: credentialId, publicKey, counter, transports = [] } = credential;
    if (await this.store.find(credentialId)) throw new Failure('conflict', 'this passkey is known already');
    return describe(await this.store.add({ credentialId, userId, name, publicKey, counter: BigInt(counter), transports: [...transports] }));
  }

  /** `not-found` where this person has no such passkey; `conflict` where it is the last thing that they can sign in with. */
  async remove(id: string, userId: string): Promise<void> {
    if (!(await this.store.remove(id, userId))) throw new Failure('not-found', `no such passkey: ${id}`);
  }

  /** What the browser's `navigator.credentials.get` takes; it names nobody, the person chooses. */
  async challenge(party: RelyingParty): Promise<Ceremony> {
    const options = await generateAuthenticationOptions({ rpID: party.id, userVerification: 'required' });
    this.#challenges.add(options.challenge);
    return { ...options };
  }

  /** Whose passkey answered. `unauthenticated` for one that nobody has, and for an answer that is not good. */
  async identify(response: Ceremony, party: RelyingParty): Promise<string> {
    const credentialId = response['id'];
    const passkey = typeof credentialId === 'string' ? await this.store.find(credentialId) : null;
    const counter = passkey && (await this.#verify(passkey, response, party));
    if (!passkey || counter === undefined || counter === null || !(await this.store.used(passkey.id, counter)))
      throw new Failure('unauthenticated', 'this passkey is not known here, or its answer is not good');
    return passkey.userId;
  }

  async #verifyNew(userId: string, response: Ceremony, { id: expectedRPID, origin: expectedOrigin }: RelyingParty) {
    try {
      const verified = await verifyRegistrationResponse({
        response: response as unknown as RegistrationResponseJSON,
        expectedChallenge: (challenge) => this.#challenges.take(`${userId} ${challenge}`),
        expectedOrigin,
        expectedRPID,
        requireUserVerification: true,
        supportedAlgorithmIDs,
      });
      if (verified.verified) return verified.registrationInfo;
    } catch (cause) {
      throw new Failure('invalid', `this passkey cannot be taken: ${(cause as Error).message}`, { cause });
    }
    throw new Failure('invalid', 'this passkey cannot be taken: its answer is not good');
  }

  /** The authenticator's count; undefined where the answer is not good, whatever is wrong with it. */
  async #verify(
    passkey: StoredPasskey,
    response: Ceremony,
    { id: expectedRPID, origin: expectedOrigin }: RelyingParty,
  ): Promise<bigint | undefined> {
    const { credentialId: id, publicKey, counter } = passkey;
    try {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: response as unknown as AuthenticationResponseJSON,
        expectedChallenge: (challenge) => this.#challenges.take(challenge),
        expectedOrigin,
        expectedRPID,
        credential: { id, publicKey: new Uint8Array(publicKey), counter: Number(counter) },
        requireUserVerification: true,
      });
      return verified ? BigInt(authenticationInfo.newCounter) : undefined;
    } catch {
      return undefined;
    }
  }
}

function describe({ id, name, createdAt, lastUsedAt }: StoredPasskey): Passkey {
  return { id, name, createdAt: createdAt.toISOString(), ...(lastUsedAt ? { lastUsedAt: lastUsedAt.toISOString() } : {}) };
}
