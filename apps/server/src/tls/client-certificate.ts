import { createHash, createPublicKey, type KeyObject, X509Certificate as NodeCertificate } from 'node:crypto';
import { Failure } from '@gantry/base';
import * as x509 from '@peculiar/x509';
import { algorithm, type Certified, importKey, newSerial } from './authority.ts';
import { derOfRequest } from './request-pem.ts';

const clockSkewMs = 5 * 60_000;
const goodCurves = new Set(['prime256v1', 'secp384r1']);
const rsaBits = { least: 2048, most: 8192 };

/** What a client certificate is to carry and until when; the end is cut to whole seconds. */
export interface WantedCertificate {
  /** PKCS #10, PEM. Only its key counts: of names and extensions nothing is taken over. */
  readonly request: string;
  readonly id: string;
  readonly expiresAt: Date;
}

export interface ClientCertificate {
  /** PEM. */
  readonly certificate: string;
  /** Hexadecimal. */
  readonly serial: string;
}

/** `invalid` for a request that cannot be read, that is not signed by its own key, or whose key is not ECDSA P-256 or P-384 or RSA of 2048 bits or more. */
export async function issueClientCertificate(
  authority: Certified,
  { request, id, expiresAt }: WantedCertificate,
): Promise<ClientCertificate> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const publicKey = await keyOf(request);
  const serial = newSerial();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    notBefore: new Date(Date.now() - clockSkewMs),
    notAfter: expiresAt,
    subject: [{ CN: [id] }],
    issuer: issuer.subject,
    publicKey,
    signingKey: await importKey(authority.key),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey, false),
    ],
  });
  return { certificate: certificate.toString('pem'), serial };
}

/** Fails with `invalid` for what no certificate would be made for. */
export async function checkCertificateRequest(request: string): Promise<void> {
  await keyOf(request);
}

/** A certificate as PEM or DER; undefined where it is none. */
export function readCertificate(certificate: string): NodeCertificate | undefined {
  try {
    return new NodeCertificate(certificate);
  } catch {
    return undefined;
  }
}

/** By which a client certificate is found: SHA-256 over it. */
export function certificateHash({ raw }: Pick<NodeCertificate, 'raw'>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(raw).digest());
}

async function keyOf(request: string): Promise<x509.PublicKey> {
  try {
    const read = new x509.Pkcs10CertificateRequest(derOfRequest(request));
    refuseWeak(createPublicKey({ key: Buffer.from(read.publicKey.rawData), format: 'der', type: 'spki' }));
    if (!(await read.verify())) throw new Failure('invalid', 'the certificate request is not signed by its own key');
    return read.publicKey;
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure('invalid', 'this is no certificate request (PKCS #10, PEM)', { cause });
  }
}

function refuseWeak({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): void {
  const bits = details.modulusLength ?? 0;
  if (type === 'ec' && goodCurves.has(details.namedCurve ?? '')) return;
  if (type === 'rsa' && bits >= rsaBits.least && bits <= rsaBits.most) return;
  throw new Failure(
    'invalid',
    `a key of type ${type ?? 'unknown'} is not taken: ECDSA P-256 or P-384, or RSA of ${rsaBits.least} bits or more`,
  );
}
