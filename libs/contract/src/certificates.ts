import * as z from 'zod';
import { type ContractRow, nothing } from './row.ts';

const Pem = z.string().min(1).max(8192);

/** A client certificate for the port of engines; its private key never leaves the machine that asked for it. */
export const NewCertificate = z
  .object({
    id: z.uuid(),
    /** PEM. */
    certificate: z.string(),
    /** The authority by which the server proves itself on the port of engines, PEM. */
    authority: z.string(),
    enginePort: z.int(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'NewCertificate' });
export type NewCertificate = z.infer<typeof NewCertificate>;

/**
 * For twelve hours, or for as long as the token that asks. It shows up among the own sessions. 400 for a request that is not signed by its own key or
 * has a weak one, 412 where this server has no port for engines.
 */
export const createOwnCertificate = {
  name: 'createOwnCertificate',
  method: 'POST',
  path: '/api/me/certificates',
  access: 'session',
  byToken: true,
  recent: true,
  summary: 'Make a client certificate with which the docker CLI comes in as oneself',
  body: z.strictObject({
    /** PKCS #10, PEM; what it says of a name is ignored. */
    request: Pem,
    /** What the list of sessions calls it. */
    name: z.string().trim().min(1).max(64),
  }),
  answer: NewCertificate,
  status: 201,
} as const satisfies ContractRow;

/**
 * Whoever has the private key ends the certificate, without being signed in: the signature (ECDSA or RSA, SHA-256, base64url) is over
 * `gantry: revoke <id>` with the id that the certificate carries. 204 also where it has ended before.
 */
export const revokeCertificate = {
  name: 'revokeCertificate',
  method: 'POST',
  path: '/api/certificates/revocation',
  access: 'public',
  summary: 'End a client certificate by a signature of its key',
  body: z.strictObject({ certificate: Pem, signature: z.string().min(1).max(1024) }),
  answer: nothing,
} as const satisfies ContractRow;
