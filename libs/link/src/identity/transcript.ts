import type { LinkRole } from '../join/messages.ts';

/** All that a connection is about; each side signs it under its own name, so that no signature serves twice or for the other side. */
export interface Transcript {
  readonly role: LinkRole;
  readonly agentId: string;
  /** The agent's nonce, then the server's; base64url, fresh for each connection. */
  readonly agentNonce: string;
  readonly serverNonce: string;
  readonly agentFingerprint: string;
  readonly serverFingerprint: string;
  readonly protocol: number;
  readonly serverEpoch: number;
  /** A bulk connection names the control link that it belongs to; empty for a control connection. */
  readonly linkId: string;
}

/** The text that a side signs to prove its key for one connection. None of the fields can hold the separator. */
export function connectionText(signer: 'agent' | 'server', transcript: Transcript): string {
  const { role, agentId, agentNonce, serverNonce, agentFingerprint, serverFingerprint, protocol, serverEpoch, linkId } = transcript;
  const fields = [role, agentId, agentNonce, serverNonce, agentFingerprint, serverFingerprint, protocol, serverEpoch, linkId];
  return ['gantry-link', signer, ...fields].join('|');
}

/** What the server signs before an agent trusts it with a secret; `ca` is its own certificate authority (PEM), or empty. */
export function identityText(greeting: { agentNonce: string; serverNonce: string; ca: string }): string {
  return ['gantry-identity', greeting.agentNonce, greeting.serverNonce, greeting.ca].join('|');
}

/** What the agent signs when it enrols: the key it enrols is its own, and it enrols here and now. */
export function enrolmentText(enrolment: {
  joinCodeId: string;
  serverNonce: string;
  serverFingerprint: string;
  publicKey: string;
}): string {
  return ['gantry-enrolment', enrolment.joinCodeId, enrolment.serverNonce, enrolment.serverFingerprint, enrolment.publicKey].join('|');
}
