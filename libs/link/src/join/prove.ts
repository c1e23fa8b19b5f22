import { randomBytes } from 'node:crypto';
import { Failure } from '@gantry/base';
import { fingerprintOf, type Identity, isSignedBy } from '../identity/identity.ts';
import { connectionText, type Transcript } from '../identity/transcript.ts';
import type { DialledSocket } from './dialled-socket.ts';
import type { Membership } from './enrol.ts';
import { Challenge, type LinkRole, protocols, Welcome } from './messages.ts';

export interface Prover {
  readonly membership: Membership;
  readonly identity: Identity;
  readonly instanceId: string;
  readonly capabilities: readonly string[];
  readonly role: LinkRole;
  /** Of the control link, for a bulk connection. */
  readonly linkId?: string;
  /** A server of a lower epoch gets no proof. */
  readonly oldestEpoch: number;
}

/**
 * Mutual proof on a fresh connection: the server's key first (`forbidden` where it is not the pinned one, `conflict` where its epoch is over),
 * then the agent's own.
 */
export async function prove(server: DialledSocket, prover: Prover): Promise<Welcome & { protocol: number; serverEpoch: number }> {
  const { membership, identity, instanceId, capabilities, role, linkId } = prover;
  const { agentId } = membership;
  const nonce = randomBytes(24).toString('base64url');
  const hello = { role, agentId, instanceId, nonce, protocols, capabilities, ...(linkId === undefined ? {} : { linkId }) };
  const challenge = await server.call('hello', hello, Challenge);
  const { protocol, serverEpoch } = challenge;
  const transcript: Transcript = {
    role,
    agentId,
    agentNonce: nonce,
    serverNonce: challenge.nonce,
    agentFingerprint: identity.fingerprint,
    serverFingerprint: fingerprintOf(challenge.serverKey),
    protocol,
    serverEpoch,
    linkId: linkId ?? '',
  };
  if (transcript.serverFingerprint !== membership.serverFingerprint) {
    throw new Failure('forbidden', 'the server has another key than the one that this host joined');
  }
  if (protocol > protocols.newest || protocol < protocols.oldest) throw new Failure('unsupported', `the server chose protocol ${protocol}`);
  if (!isSignedBy(challenge.serverKey, connectionText('server', transcript), challenge.signature)) {
    throw new Failure('forbidden', 'the server did not prove its key, or does not know this agent');
  }
  if (serverEpoch < prover.oldestEpoch) {
    const words = `the server is in epoch ${serverEpoch}, and this host has obeyed it in epoch ${prover.oldestEpoch}`;
    throw new Failure('conflict', `${words}: an older copy of the server is running`);
  }
  const signature = identity.sign(connectionText('agent', transcript));
  return { ...(await server.call('prove', { signature }, Welcome)), protocol, serverEpoch };
}
