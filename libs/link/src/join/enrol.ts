import { randomBytes } from 'node:crypto';
import { Failure } from '@gantry/base';
import { fingerprintOf, type Identity, isSignedBy } from '../identity/identity.ts';
import { enrolmentText, identityText } from '../identity/transcript.ts';
import { DialledSocket, type Trust } from './dialled-socket.ts';
import type { JoinCode } from './join-code.ts';
import { Enrolled, type HostFacts, Identified } from './messages.ts';

/** What an agent keeps of the server that it belongs to. */
export interface Membership {
  readonly url: string;
  readonly agentId: string;
  /** Of the server's identity key; every connection is checked against it. */
  readonly serverFingerprint: string;
  /** The server's own certificate authority (PEM), empty where its certificate comes from a public one. */
  readonly ca: string;
}

/**
 * Joins the server that made the code. First a connection on which nothing secret is said: the server proves the key that the code pins,
 * and names its certificate authority under that key. Then a second one, whose certificate is verified, on which the server proves the
 * key again before the secret is told. `forbidden` where the server has another key, `unauthenticated` where it refuses the code.
 */
export async function enrol(
  host: { url: string; code: JoinCode; identity: Identity; facts: HostFacts },
  signal: AbortSignal,
): Promise<Membership> {
  const { url, code, identity, facts } = host;
  const ca = await learnAuthority(url, code.pin, signal);
  using server = await openTrusted(url, ca, signal);
  const { nonce, serverKey } = await identify(server, code.pin);
  const serverFingerprint = fingerprintOf(serverKey);
  const { publicKey } = identity;
  const signature = identity.sign(enrolmentText({ joinCodeId: code.id, serverNonce: nonce, serverFingerprint, publicKey }));
  const message = { joinCodeId: code.id, secret: code.secret, publicKey, facts, signature };
  const { agentId } = await server.call('enrol', message, Enrolled);
  return { url, agentId, serverFingerprint, ca };
}

/** Connects with the server's own authority where it has one, else (or where that does not fit) with those of the system. */
export async function openTrusted(url: string, ca: string, signal: AbortSignal): Promise<DialledSocket> {
  const system: Trust = { kind: 'system' };
  if (ca === '') return DialledSocket.open(url, system, signal);
  try {
    return await DialledSocket.open(url, { kind: 'ca', pem: ca }, signal);
  } catch (thrown) {
    // A proxy in front of the server may show a certificate of a public authority.
    if (Failure.from(thrown).details.isUntrusted !== true) throw thrown;
    return await DialledSocket.open(url, system, signal).catch(() => Promise.reject(Failure.from(thrown)));
  }
}

/** The authority that the server names under the pinned key, over a connection on which nothing secret is said; '' where it has none of its own. */
export async function learnAuthority(url: string, pin: string, signal: AbortSignal): Promise<string> {
  using server = await DialledSocket.open(url, { kind: 'anybody' }, signal);
  const { ca } = await identify(server, pin);
  return ca;
}

async function identify(server: DialledSocket, pin: string): Promise<Identified> {
  const nonce = randomBytes(24).toString('base64url');
  const identified = await server.call('identify', { nonce }, Identified);
  const { serverKey, nonce: serverNonce, ca, signature } = identified;
  if (fingerprintOf(serverKey) !== pin) throw new Failure('forbidden', 'the server has another key than the one that this host was given');
  if (!isSignedBy(serverKey, identityText({ agentNonce: nonce, serverNonce, ca }), signature)) {
    throw new Failure('forbidden', 'the server did not prove the key that this host was given');
  }
  return identified;
}
