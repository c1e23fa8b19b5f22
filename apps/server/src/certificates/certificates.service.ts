import { randomUUID, verify } from 'node:crypto';
import { Failure } from '@gantry/base';
import type { BodyOf, createOwnCertificate, NewCertificate, revokeCertificate } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../sessions/principal.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { Settings } from '../settings/settings.ts';
import { certificateHash, issueClientCertificate, readCertificate } from '../tls/client-certificate.ts';

/** A certificate lies on a disk: it lives no longer than that, however long a session in a browser may. */
const longestHours = 12;
const hourMs = 3_600_000;

/** Client certificates: made for whoever is signed in, ended by whoever has their key. They are kept as sessions. */
@Injectable()
export class CertificatesService {
  constructor(
    private readonly settings: Settings,
    private readonly sessions: SessionsService,
  ) {}

  /** Good for twelve hours, and no longer than the token that asks. `precondition` where this server has no port for engines. */
  async make(maker: Principal, address: string, { request, name }: BodyOf<typeof createOwnCertificate>): Promise<NewCertificate> {
    const { keys } = this.settings;
    const enginePort = this.insistOnPort();
    const id = randomUUID();
    const hours = Math.min(longestHours, this.sessions.limits.longestHours);
    const expiresAt = inWholeSeconds(Math.min(Date.now() + hours * hourMs, maker.isToken ? maker.endsAt.getTime() : Infinity));
    const { certificate, serial } = await issueClientCertificate(keys.clientAuthority, { request, id, expiresAt });
    const read = readCertificate(certificate);
    if (!read) throw new Failure('internal', 'the certificate that was made cannot be read');
    const tokenHash = certificateHash(read);
    await this.sessions.addCertificate({ id, serial, tokenHash, userId: maker.userId, expiresAt, address, userAgent: name }, maker);
    return { id, certificate, authority: keys.authority.certificate, enginePort, expiresAt: expiresAt.toISOString() };
  }

  /** The port that certificates are for; `precondition` where there is none. */
  insistOnPort(): number {
    const { enginePort } = this.settings;
    if (enginePort !== undefined) return enginePort;
    throw new Failure(
      'precondition',
      'this server has no port for client certificates: its administrator left it out (GANTRY_ENGINE_PORT)',
    );
  }

  /** `unauthenticated` where the signature is not by its key. Whose it was; undefined where it had ended before. */
  async revoke({ certificate, signature }: BodyOf<typeof revokeCertificate>): Promise<Principal | undefined> {
    const read = readCertificate(certificate);
    if (!read) throw new Failure('invalid', 'this is no certificate (PEM)');
    const principal = await this.sessions.findCertificate(certificateHash(read));
    if (!principal) return undefined;
    const said = Buffer.from(`gantry: revoke ${principal.sessionId}`);
    if (!verify('sha256', said, read.publicKey, Buffer.from(signature, 'base64url')))
      throw new Failure('unauthenticated', 'the signature is not by the key of this certificate');
    await this.sessions.revoke(principal.sessionId, principal.userId);
    return principal;
  }
}

/** As it can stand in a certificate. */
function inWholeSeconds(atMs: number): Date {
  return new Date(Math.floor(atMs / 1000) * 1000);
}
